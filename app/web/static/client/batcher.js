// @ts-check
/**
 * Makes batches of PCM16 on the wire's rate out of what a microphone gives.
 *
 * A batch is whole or nobody gets it; the rest of what was said last is had by `take`.
 */

import { rms, toFloat, toPcm16, WIRE_RATE } from "./pcm.js";
import { Resampler } from "./resampler.js";

/** Samples that are taken out of the resampler at once. */
const PIECE = 1024;

export class Batcher {
  #resampler;
  #batch;
  #filled = 0;
  #piece = new Float32Array(PIECE);

  /**
   * @param {number} rate hertz of the input
   * @param {number} batchMs milliseconds of a batch
   */
  constructor(rate, batchMs) {
    this.#resampler = new Resampler(rate, WIRE_RATE);
    this.#batch = new Int16Array(Math.round((batchMs * WIRE_RATE) / 1000));
  }

  /**
   * Take more input.
   * @param {Float32Array} samples
   * @returns {Int16Array<ArrayBuffer>[]} the batches that became whole
   */
  push(samples) {
    this.#resampler.push(samples);
    return this.#whole();
  }

  /**
   * Let what was pushed end, and begin anew.
   * @returns {Int16Array<ArrayBuffer>[]} all that is left, the last one shorter than a batch
   */
  take() {
    this.#resampler.flush();
    const left = this.#whole();
    if (this.#filled) {
      left.push(this.#batch.slice(0, this.#filled));
    }
    this.reset();
    return left;
  }

  /** Forget what is not in a whole batch yet. */
  reset() {
    this.#filled = 0;
    this.#resampler.reset();
  }

  #whole() {
    const whole = [];
    for (let count = this.#resampler.pull(this.#piece); count; count = this.#resampler.pull(this.#piece)) {
      for (let at = 0; at < count; at++) {
        this.#batch[this.#filled++] = toPcm16(this.#piece[at]);
        if (this.#filled === this.#batch.length) {
          whole.push(this.#batch.slice());
          this.#filled = 0;
        }
      }
    }
    return whole;
  }
}

/**
 * Measure how loud a batch is, of full scale.
 * @param {Int16Array} batch
 * @returns {number}
 */
export function loudness(batch) {
  return toFloat(rms(batch));
}

/**
 * Mix channels down to one.
 * @param {Float32Array[]} channels at least one, all of a length
 * @returns {Float32Array}
 */
export function mono(channels) {
  if (channels.length === 1) {
    return channels[0];
  }
  return channels[0].map((_, at) => channels.reduce((sum, channel) => sum + channel[at], 0) / channels.length);
}
