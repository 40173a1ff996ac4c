// @ts-check
/**
 * Push-to-talk: what is said between press and release is one turn.
 *
 * A press that is too short for the service, which refuses to commit less than a tenth of a second, is cleared.
 */

import { milliseconds } from "./pcm.js";

/** What the service wants at least. */
const LEAST_MS = 100;

/**
 * @typedef {"talking" | "committed" | "too-short" | "aborted"} TalkState
 *
 * @typedef {object} Talk
 * @property {TalkState} state
 * @property {number} ms how much was said
 *
 * @typedef {object} Booth what push-to-talk needs of its client
 * @property {(event: {type: string}) => unknown} send
 * @property {() => unknown} respond have an answer
 * @property {() => void} reset forget what the microphone has in hand
 * @property {() => Promise<void>} finish have the microphone hand over what it has in hand
 * @property {(talk: Talk) => void} tell
 */

export class PushToTalk {
  /** @type {"silent" | "talking" | "ending"} */
  #state = "silent";
  #samples = 0;
  #booth;

  /** @param {Booth} booth */
  constructor(booth) {
    this.#booth = booth;
  }

  /** Whether the button is down. */
  get talking() {
    return this.#state === "talking";
  }

  /** Whether audio is to be sent: after the release, too, what was said before it. */
  get open() {
    return this.#state !== "silent";
  }

  /** @returns {boolean} whether a turn begins */
  begin() {
    if (this.open) {
      return false;
    }
    this.#state = "talking";
    this.#samples = 0;
    this.#booth.reset();
    this.#booth.send({ type: "input_audio_buffer.clear" });
    this.#booth.tell({ state: "talking", ms: 0 });
    return true;
  }

  /**
   * Note audio that was sent.
   * @param {number} samples
   */
  said(samples) {
    this.#samples += samples;
  }

  /**
   * End the turn, and have it answered.
   * @returns {Promise<TalkState>}
   */
  async end() {
    if (!this.talking) {
      return "aborted";
    }
    this.#state = "ending";
    await this.#booth.finish();
    return this.open ? this.#conclude() : "aborted";
  }

  /** Break the turn off: the connection is gone, or it was a mistake. */
  abort() {
    if (this.open) {
      this.#state = "silent";
      this.#booth.send({ type: "input_audio_buffer.clear" });
      this.#booth.tell({ state: "aborted", ms: milliseconds(this.#samples) });
    }
  }

  /** @returns {TalkState} */
  #conclude() {
    this.#state = "silent";
    const ms = milliseconds(this.#samples);
    const state = ms < LEAST_MS ? "too-short" : "committed";
    if (state === "committed") {
      this.#booth.send({ type: "input_audio_buffer.commit" });
      this.#booth.respond();
    } else {
      this.#booth.send({ type: "input_audio_buffer.clear" });
    }
    this.#booth.tell({ state, ms });
    return state;
  }
}
