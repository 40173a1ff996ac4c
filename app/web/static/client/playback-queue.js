// @ts-check
/**
 * What is to be played, item by item, and how much of each has been.
 *
 * A sample counts as played when it is taken out to be rendered; silence that stands in for what is missing counts
 * for nobody. So `played` never passes what was received.
 */

import { Ring } from "./bounded.js";
import { LONGEST, rms, toFloat, WIRE_RATE } from "./pcm.js";
import { Resampler } from "./resampler.js";

/**
 * @typedef {object} Part the audio of one content part of an item
 * @property {string} itemId
 * @property {number} contentIndex
 * @property {number} waiting samples that are still to be played
 * @property {number} played samples
 * @property {boolean} ended whether all of it was received
 * @property {boolean} begun whether any of it was played
 *
 * @typedef {object} Played how far a part has been played, in samples
 * @property {string} itemId
 * @property {number} contentIndex
 * @property {number} played
 *
 * @typedef {object} News
 * @property {"started" | "finished"} state
 * @property {Played} part
 */

export class PlaybackQueue {
  /** How often sound was missing in the middle of a part. */
  underruns = 0;
  /** Samples that found no room. */
  overflow = 0;
  /** How loud the last block was. */
  level = 0;
  #ring;
  #resampler;
  #prebuffer;
  /** @type {Part[]} */
  #parts = [];
  /** @type {News[]} */
  #news = [];
  #holding = true;
  /** Samples of silence since the last sound. */
  #silent = Infinity;

  /**
   * @param {number} rate hertz of the output
   * @param {number} prebufferMs audio that must wait before anything is played
   * @param {number} limit samples that may wait
   */
  constructor(rate, prebufferMs = 0, limit = LONGEST) {
    this.#resampler = new Resampler(WIRE_RATE, rate);
    this.#prebuffer = (prebufferMs * WIRE_RATE) / 1000;
    this.#ring = new Ring(limit);
  }

  /**
   * Take audio of a part.
   * @param {string} itemId
   * @param {number} contentIndex
   * @param {Int16Array} samples
   */
  add(itemId, contentIndex, samples) {
    const last = this.#parts.at(-1);
    const same = last?.itemId === itemId && last.contentIndex === contentIndex;
    const part = same ? last : { itemId, contentIndex, waiting: 0, played: 0, ended: false, begun: false };
    if (!same) {
      this.#endLast();
      this.#parts.push(part);
    }
    const taken = this.#ring.write(samples);
    part.waiting += taken;
    this.overflow += samples.length - taken;
  }

  /**
   * Note that a part was received whole.
   * @param {string} itemId
   * @param {number} contentIndex
   */
  end(itemId, contentIndex) {
    for (const part of this.#parts) {
      part.ended ||= part.itemId === itemId && part.contentIndex === contentIndex;
    }
  }

  /**
   * Fill a block with what is to be heard next.
   * @param {Float32Array} out
   */
  render(out) {
    this.#settle();
    if (this.#parts.length === 0 && this.#silent > 2 * this.#resampler.reach) {
      out.fill(0);
    } else {
      this.#resampler.push(this.#taken(this.#resampler.wanted(out.length)));
      this.#resampler.pull(out);
    }
    this.#settle();
    this.level = rms(out);
  }

  /**
   * Drop everything that was not played.
   * @returns {Played[]} how far the parts were played that had not been played whole, in order
   */
  flush() {
    const cut = this.#parts.map(told);
    this.#parts = [];
    this.#ring.clear();
    this.#holding = true;
    return cut;
  }

  /** @returns {Played | null} how far the part in front was played */
  get current() {
    return this.#parts.length ? told(this.#parts[0]) : null;
  }

  /**
   * Give out what began and ended since the last time.
   * @returns {News[]}
   */
  takeNews() {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  #endLast() {
    const last = this.#parts.at(-1);
    if (last) {
      last.ended = true;
    }
  }

  /**
   * Take so many samples out; silence stands in for what is missing.
   * @param {number} count
   * @returns {Float32Array}
   */
  #taken(count) {
    const samples = new Float32Array(count);
    let at = 0;
    while (at < count && !this.#held()) {
      at = this.#takePart(samples, at);
      this.#settle();
    }
    this.#silent = at < count ? (at ? 0 : this.#silent) + count - at : 0;
    return samples;
  }

  /**
   * Take from the part in front.
   * @param {Float32Array} samples
   * @param {number} at
   * @returns {number} how far `samples` is filled
   */
  #takePart(samples, at) {
    const part = this.#parts[0];
    const end = Math.min(samples.length, at + part.waiting);
    if (!part.begun && end > at) {
      part.begun = true;
      this.#news.push({ state: "started", part: told(part) });
    }
    part.waiting -= end - at;
    part.played += end - at;
    for (let n = at; n < end; n++) {
      samples[n] = toFloat(this.#ring.read());
    }
    return end;
  }

  /** Tell whether to wait: for enough to begin with, or because there is nothing. */
  #held() {
    const part = this.#parts[0];
    if (part && this.#holding && (part.ended || this.#ring.length >= Math.max(1, this.#prebuffer))) {
      this.#holding = false;
    }
    return !part || part.waiting === 0 || this.#holding;
  }

  /** Part with what was played whole, and notice that sound is missing. */
  #settle() {
    while (this.#parts.length && this.#parts[0].waiting === 0 && this.#parts[0].ended) {
      const part = /** @type {Part} */ (this.#parts.shift());
      this.#news.push({ state: "finished", part: told(part) });
      this.#holding = this.#parts.length === 0;
    }
    const part = this.#parts[0];
    if (part && part.waiting === 0 && part.begun && !this.#holding) {
      this.underruns++;
      this.#holding = true;
    }
  }
}

/**
 * @param {Part} part
 * @returns {Played}
 */
function told({ itemId, contentIndex, played }) {
  return { itemId, contentIndex, played };
}
