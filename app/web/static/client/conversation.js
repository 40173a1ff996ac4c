// @ts-check
/**
 * Holds one end of a conversation: what the service says is played, and stopped when the user speaks.
 *
 * The service is told what was heard: an answer that was cut short is truncated where its playing ended, which is
 * never behind what was received. Answers are timed from the end of speech, which is when this page knows of it:
 * the service's `speech_stopped` (after the silence that it waits for), or the moment that the button is let go.
 */

import { Answers, truncation } from "./answers.js";
import { samplesOf } from "./pcm.js";
import { detectionOf } from "./session.js";

/**
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
 *
 * @typedef {object} Means
 * @property {import("./sound.js").Sound} sound
 * @property {(event: RealtimeEvent) => unknown} send
 * @property {(type: string, detail: object) => void} tell
 * @property {() => number} now
 * @property {boolean} bargeIn
 */

/** How long an answer that was cancelled may take to end, before another is asked for all the same. */
const QUIET_MS = 1000;

export class Conversation {
  /** @type {Record<string, any> | null} the session as it was told last */
  session = null;
  #answers = new Answers();
  #clock = new TurnClock();
  #means;
  /** @type {Promise<void> | null} */
  #interrupting = null;
  /** @type {Set<(quiet: boolean) => void>} who waits for the end of the response */
  #waiting = new Set();

  /** @param {Means} means */
  constructor(means) {
    this.#means = means;
    const played = (/** @type {any} */ event) => this.#played(event.detail);
    means.sound.player.addEventListener("playback", played);
  }

  /** Whether a response is in progress. */
  get responding() {
    return this.#answers.active;
  }

  /** The connection is gone: what is playing goes on, and belongs to no session any more. */
  lost() {
    this.#answers.forget();
    this.#clock.reset();
    this.#release(false);
  }

  /**
   * Wait until no response is in progress: another one would be refused.
   * @returns {Promise<boolean>} false: the session has gone meanwhile
   */
  async quiet() {
    if (!this.responding) {
      return true;
    }
    return await new Promise((resolve) => {
      const late = setTimeout(() => release(true), QUIET_MS);
      const release = (/** @type {boolean} */ quiet) => {
        this.#waiting.delete(release);
        clearTimeout(late);
        resolve(quiet);
      };
      this.#waiting.add(release);
    });
  }

  /** Note that the user has finished a turn. */
  turnEnded() {
    this.#clock.speechEnded(this.#means.now());
  }

  /**
   * Follow a server's event.
   * @param {RealtimeEvent} event
   */
  hear(event) {
    this.#answers.follow(event);
    switch (event.type) {
      case "session.created":
      case "session.updated":
        this.session = event.session;
        this.#means.tell("session", { session: event.session, event });
        break;
      case "response.output_audio.delta":
        this.#play(event);
        break;
      case "response.output_audio.done":
        this.#means.sound.player.end(event.item_id, event.content_index ?? 0);
        break;
      case "response.done":
        this.#ended();
        break;
      case "input_audio_buffer.speech_started":
        this.#spokenTo();
        break;
      case "input_audio_buffer.speech_stopped":
        this.turnEnded();
    }
    if (!this.responding) {
      this.#release(true);
    }
  }

  /**
   * Stop what is being said, and tell the service how much of it was heard.
   * @param {boolean} cancel whether the service has to be told to stop
   * @returns {Promise<void>}
   */
  interrupt(cancel = true) {
    this.#clock.reset();
    const told = this.#answers.stop(this.#means.sound.player.pending, cancel);
    told.forEach((event) => this.#means.send(event));
    this.#interrupting ??= this.#silence().finally(() => (this.#interrupting = null));
    return this.#interrupting;
  }

  /** A response that has failed need not have said that its audio was complete. */
  #ended() {
    if (!this.responding) {
      this.#means.sound.player.endAll();
    }
  }

  /** @param {boolean} quiet */
  #release(quiet) {
    this.#waiting.forEach((release) => release(quiet));
  }

  async #silence() {
    for (const cut of await this.#means.sound.player.flush()) {
      const interrupted = this.#answers.cut(cut);
      if (interrupted.audioEndMs !== null) {
        this.#means.send(truncation(interrupted));
      }
      this.#means.tell("interrupted", interrupted);
    }
  }

  /** @param {RealtimeEvent} delta */
  #play(delta) {
    if (this.#answers.wants(delta)) {
      this.#measure(this.#clock.received(delta.item_id, this.#means.now()));
      this.#means.sound.player.add(delta.item_id, delta.content_index ?? 0, samplesOf(delta.delta));
    }
  }

  /** @param {import("./player.js").Playback} playback */
  #played({ state, itemId, contentIndex, time }) {
    if (state === "started") {
      this.#measure(this.#clock.heard(itemId, this.#means.sound.heardAt(time)));
    }
    this.#means.tell("playback", { state, itemId, contentIndex });
  }

  #spokenTo() {
    if (this.#means.bargeIn) {
      // Most services stop by themselves then; to cancel what they have stopped would be refused.
      this.interrupt(detectionOf(this.session ?? {})?.interrupt_response !== true);
    }
  }

  /** @param {Latency | null} latency */
  #measure(latency) {
    if (latency) {
      this.#means.tell("latency", latency);
    }
  }
}

/**
 * @typedef {object} Latency
 * @property {"first-byte" | "first-heard" | "round-trip"} kind
 * @property {number} ms
 * @property {string} about the item, or the type of the event that was acknowledged
 */

export class TurnClock {
  /** @type {number | null} */
  #ended = null;
  /** @type {{itemId: string, ended: number} | null} */
  #answer = null;

  /**
   * Note that the user has finished.
   * @param {number} at
   */
  speechEnded(at) {
    this.#ended = at;
    this.#answer = null;
  }

  /** Forget the turn: nobody waits for its answer any more. */
  reset() {
    this.#ended = null;
    this.#answer = null;
  }

  /**
   * Note audio that was received.
   * @param {string} itemId
   * @param {number} at
   * @returns {Latency | null}
   */
  received(itemId, at) {
    if (this.#ended === null) {
      return null;
    }
    this.#answer = { itemId, ended: this.#ended };
    this.#ended = null;
    return { kind: "first-byte", ms: at - this.#answer.ended, about: itemId };
  }

  /**
   * Note that an item began to be heard.
   * @param {string} itemId
   * @param {number} at
   * @returns {Latency | null}
   */
  heard(itemId, at) {
    if (this.#answer?.itemId !== itemId) {
      return null;
    }
    const ms = at - this.#answer.ended;
    this.#answer = null;
    return { kind: "first-heard", ms, about: itemId };
  }
}
