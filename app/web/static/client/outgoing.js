// @ts-check
/**
 * Audio on its way out: one message a batch, and none while too much waits already.
 *
 * A network that is slower than speech would otherwise pile up what nobody wants to hear any more: what finds no
 * room is dropped, counted, and told, at once and then once a second.
 */

import { appendOf } from "./pcm.js";

const TELL_MS = 1000;

/**
 * @typedef {object} Dropped
 * @property {number} batches since the last time that it was told
 * @property {number} total
 * @property {number} bufferedAmount bytes that wait
 */

export class Outgoing {
  sent = 0;
  dropped = 0;
  #connection;
  #limit;
  #tell;
  #told = 0;
  #toldAt = -Infinity;

  /**
   * @param {{bufferedAmount: number, send(text: string): boolean}} connection
   * @param {number} limit bytes that may wait
   * @param {(dropped: Dropped) => void} tell
   */
  constructor(connection, limit, tell) {
    this.#connection = connection;
    this.#limit = limit;
    this.#tell = tell;
  }

  /**
   * Send a batch, if there is room.
   * @param {Int16Array} batch
   * @param {number} now milliseconds
   * @returns {boolean} whether it was sent
   */
  send(batch, now) {
    if (this.#connection.bufferedAmount > this.#limit) {
      this.dropped++;
      this.#report(now);
      return false;
    }
    const sent = this.#connection.send(appendOf(batch));
    this.sent += Number(sent);
    return sent;
  }

  /** @param {number} now */
  #report(now) {
    if (now - this.#toldAt >= TELL_MS) {
      const { bufferedAmount } = this.#connection;
      this.#tell({ batches: this.dropped - this.#told, total: this.dropped, bufferedAmount });
      this.#told = this.dropped;
      this.#toldAt = now;
    }
  }
}
