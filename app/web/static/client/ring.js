// @ts-check
/**
 * A ring of PCM16 samples that grows up to a limit.
 *
 * A service sends an answer faster than it is heard, so the ring must hold minutes; it doubles when it is full,
 * and what passes the limit is not taken.
 */

const FIRST = 1 << 15;

export class Ring {
  #samples;
  #limit;
  #first = 0;
  #count = 0;

  /** @param {number} limit the most samples that it holds */
  constructor(limit) {
    this.#limit = limit;
    this.#samples = new Int16Array(Math.min(FIRST, limit));
  }

  /** How many samples wait. */
  get length() {
    return this.#count;
  }

  /**
   * Take samples in.
   * @param {Int16Array} samples
   * @returns {number} how many found room
   */
  write(samples) {
    const count = Math.min(samples.length, this.#limit - this.#count);
    this.#reserve(this.#count + count);
    const at = (this.#first + this.#count) % this.#samples.length;
    const head = Math.min(count, this.#samples.length - at);
    this.#samples.set(samples.subarray(0, head), at);
    this.#samples.set(samples.subarray(head, count), 0);
    this.#count += count;
    return count;
  }

  /**
   * Give the oldest sample out; only while there is one.
   * @returns {number}
   */
  read() {
    const sample = this.#samples[this.#first];
    this.#first = (this.#first + 1) % this.#samples.length;
    this.#count--;
    return sample;
  }

  /** Forget everything. */
  clear() {
    this.#first = 0;
    this.#count = 0;
  }

  /** @param {number} count */
  #reserve(count) {
    if (count <= this.#samples.length) {
      return;
    }
    const larger = new Int16Array(Math.min(this.#limit, Math.max(count, 2 * this.#samples.length)));
    const tail = this.#samples.subarray(this.#first, this.#first + this.#count);
    larger.set(tail);
    larger.set(this.#samples.subarray(0, this.#count - tail.length), tail.length);
    this.#samples = larger;
    this.#first = 0;
  }
}
