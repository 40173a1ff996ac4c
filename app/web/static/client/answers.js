// @ts-check
/**
 * What the assistant is saying, as far as it decides what is played, cancelled and truncated.
 *
 * What was interrupted stays so: deltas that were under way when the user began to speak are dropped. What belongs
 * to an earlier session, or to no conversation, is never truncated.
 */

import { milliseconds } from "./pcm.js";

/**
 * @typedef {import("./sent.js").RealtimeEvent} RealtimeEvent
 *
 * @typedef {object} Cut how far a part had been played when it was cut short
 * @property {string} itemId
 * @property {number} contentIndex
 * @property {number} played samples
 * @property {number} received samples
 *
 * @typedef {object} Interrupted
 * @property {string} itemId
 * @property {number} contentIndex
 * @property {number | null} audioEndMs where the item now ends; null: there was nothing to truncate
 * @property {number} playedMs
 * @property {number} receivedMs
 */

export class Answers {
  /** @type {Set<string>} responses of the conversation that are in progress */
  #active = new Set();
  /** @type {Set<string>} responses out of band that are in progress */
  #aside = new Set();
  /** @type {Map<string, {complete: boolean}>} the audio of this session's conversation, by item */
  #spoken = new Map();
  /** @type {Set<string>} responses and items that nobody wants to hear any more */
  #unwanted = new Set();

  /** Whether a response is in progress. */
  get active() {
    return this.#active.size > 0;
  }

  /**
   * Follow a server's event.
   * @param {RealtimeEvent} event
   */
  follow(event) {
    switch (event.type) {
      case "session.created":
        this.forget();
        break;
      case "response.created":
        (event.response.conversation_id === null ? this.#aside : this.#active).add(event.response.id);
        break;
      case "response.output_audio.done":
        this.#complete(event.item_id);
        break;
      case "response.done":
        this.#done(event.response);
    }
  }

  /** Forget everything: the session is another one. */
  forget() {
    [this.#active, this.#aside, this.#spoken, this.#unwanted].forEach((each) => each.clear());
  }

  /**
   * Tell whether audio is to be played.
   * @param {RealtimeEvent} delta
   * @returns {boolean}
   */
  wants({ item_id: itemId, response_id: responseId }) {
    if (this.#unwanted.has(responseId) || this.#unwanted.has(itemId)) {
      return false;
    }
    if (!this.#aside.has(responseId) && !this.#spoken.has(itemId)) {
      this.#spoken.set(itemId, { complete: false });
    }
    return true;
  }

  /**
   * Want no more of what is being said.
   * @returns {RealtimeEvent[]} what says so to the service
   */
  stop() {
    const active = [...this.#active];
    [...active, ...this.#aside].forEach((id) => this.#unwanted.add(id));
    return active.map((id) => ({ type: "response.cancel", response_id: id }));
  }

  /**
   * Say what becomes of a part whose playing was cut short; more of its item is not wanted.
   * @param {Cut} cut
   * @returns {Interrupted}
   */
  cut({ itemId, contentIndex, played, received }) {
    this.#unwanted.add(itemId);
    const whole = played >= received && this.#spoken.get(itemId)?.complete;
    const truncated = received > 0 && this.#spoken.has(itemId) && !whole;
    const [playedMs, receivedMs] = [milliseconds(played), milliseconds(received)];
    return { itemId, contentIndex, audioEndMs: truncated ? playedMs : null, playedMs, receivedMs };
  }

  /** @param {string} itemId */
  #complete(itemId) {
    const spoken = this.#spoken.get(itemId);
    if (spoken) {
      spoken.complete = true;
    }
  }

  /** @param {{id: string}} response */
  #done({ id }) {
    this.#active.delete(id);
    this.#aside.delete(id);
  }
}

/**
 * Write the event that tells the service what was heard of an item.
 * @param {Interrupted} interrupted
 * @returns {RealtimeEvent}
 */
export function truncation({ itemId, contentIndex, audioEndMs }) {
  return {
    type: "conversation.item.truncate",
    item_id: itemId,
    content_index: contentIndex,
    audio_end_ms: audioEndMs,
  };
}
