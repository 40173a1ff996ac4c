// @ts-check
/**
 * What the assistant is saying, as far as it decides what is played, cancelled and truncated.
 *
 * What was interrupted stays so: deltas that were under way when the user began to speak are dropped. What belongs
 * to an earlier session, or to no conversation, is never truncated.
 */

import { Recent } from "./bounded.js";
import { milliseconds } from "./pcm.js";

/** What is remembered of the past, at most: more than may be under way at once. */
const KEPT = 64;

/**
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
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
  /** @type {Recent<string, {cancelled: boolean}>} responses of the conversation that are in progress */
  #active = new Recent(KEPT);
  /** @type {Recent<string, true>} responses out of band that are in progress */
  #aside = new Recent(KEPT);
  /** @type {Recent<string, {complete: boolean}>} the audio of this session's conversation, by item */
  #spoken = new Recent(KEPT);
  /** @type {Recent<string, true>} responses and items that nobody wants to hear any more */
  #unwanted = new Recent(4 * KEPT);

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
        this.#created(event.response);
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
   * @param {string[]} items those that wait to be played
   * @param {boolean} cancel whether the service has to be told
   * @returns {RealtimeEvent[]} what says so to the service, once a response
   */
  stop(items = [], cancel = true) {
    [...items, ...this.#active.keys(), ...this.#aside.keys()].forEach((id) => this.#unwanted.set(id, true));
    const told = cancel ? [...this.#active].filter(([, { cancelled }]) => !cancelled) : [];
    told.forEach(([, response]) => (response.cancelled = true));
    return told.map(([id]) => ({ type: "response.cancel", response_id: id }));
  }

  /**
   * Say what becomes of a part whose playing was cut short; more of its item is not wanted.
   * @param {Cut} cut
   * @returns {Interrupted}
   */
  cut({ itemId, contentIndex, played, received }) {
    this.#unwanted.set(itemId, true);
    const whole = played >= received && this.#spoken.get(itemId)?.complete;
    const truncated = received > 0 && this.#spoken.has(itemId) && !whole;
    const [playedMs, receivedMs] = [milliseconds(played), milliseconds(received)];
    return { itemId, contentIndex, audioEndMs: truncated ? playedMs : null, playedMs, receivedMs };
  }

  /** @param {{id: string, conversation_id?: string | null}} response */
  #created({ id, conversation_id: conversation }) {
    if (conversation === null) {
      this.#aside.set(id, true);
    } else {
      this.#active.set(id, this.#active.get(id) ?? { cancelled: false });
    }
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
