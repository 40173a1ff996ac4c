// @ts-check
/**
 * How long an answer takes: from the end of speech to the first audio received, and to the first sample heard.
 *
 * The end of speech is when this page knows of it: the service's `speech_stopped` (which comes after the silence
 * that it waits for), or the moment that the button is let go.
 */

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
