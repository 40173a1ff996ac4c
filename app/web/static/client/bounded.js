// @ts-check
/**
 * What holds only so much, however long a session is: a ring of samples, and a map of what was last.
 *
 * A service sends an answer faster than it is heard, so the ring must hold minutes; it doubles when it is full,
 * and what passes its limit is not taken. The map forgets its oldest entry instead.
 */

const FIRST = 1 << 15;

/** A ring of PCM16 samples that grows up to a limit. */
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

/**
 * A map that forgets its oldest entry when another one finds no room.
 * @template K, V
 * @extends {Map<K, V>}
 */
export class Recent extends Map {
  #most;

  /** @param {number} most the entries that it holds */
  constructor(most) {
    super();
    this.#most = most;
  }

  /**
   * @param {K} key
   * @param {V} value
   */
  set(key, value) {
    super.set(key, value);
    if (this.size > this.#most) {
      this.delete(/** @type {K} */ (this.keys().next().value));
    }
    return this;
  }
}
