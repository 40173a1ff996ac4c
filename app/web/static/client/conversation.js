// @ts-check
/**
 * Holds one end of a conversation: what the service says is played, and stopped when the user speaks.
 *
 * The service is told what was heard: an answer that was cut short is truncated where its playing ended, which is
 * never behind what was received.
 */

import { Answers, truncation } from "./answers.js";
import { TurnClock } from "./latency.js";
import { samplesOf } from "./pcm.js";
import { detectionOf } from "./session.js";

/**
 * @typedef {import("./sent.js").RealtimeEvent} RealtimeEvent
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
  /** @type {(() => void)[]} who waits for the end of the response */
  #waiting = [];

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
  }

  /**
   * Wait until no response is in progress: another one would be refused.
   * @returns {Promise<void>}
   */
  async quiet() {
    if (this.responding) {
      await new Promise((resolve) => {
        this.#waiting.push(() => resolve(null));
        setTimeout(resolve, QUIET_MS);
      });
    }
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
        this.#means.sound.player.end(event.item_id, event.content_index);
        break;
      case "input_audio_buffer.speech_started":
        this.#spokenTo();
        break;
      case "input_audio_buffer.speech_stopped":
        this.turnEnded();
    }
    if (!this.responding) {
      this.#waiting.splice(0).forEach((resolve) => resolve());
    }
  }

  /**
   * Stop what is being said, and tell the service how much of it was heard.
   * @param {boolean} cancel whether the service has to be told to stop
   * @returns {Promise<void>}
   */
  interrupt(cancel = true) {
    this.#clock.reset();
    const cancelled = this.#answers.stop();
    if (cancel) {
      cancelled.forEach((event) => this.#means.send(event));
    }
    this.#interrupting ??= this.#silence().finally(() => (this.#interrupting = null));
    return this.#interrupting;
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
      this.#means.sound.player.add(delta.item_id, delta.content_index, samplesOf(delta.delta));
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

  /** @param {import("./latency.js").Latency | null} latency */
  #measure(latency) {
    if (latency) {
      this.#means.tell("latency", latency);
    }
  }
}
