// @ts-check
/**
 * Changes the sample rate of a stream, block by block: a polyphase windowed-sinc filter.
 *
 * Time is kept in whole numbers (the two rates as a fraction), so that nothing drifts however long the stream is,
 * and a block's border leaves no trace: the same samples in other blocks give the same output, to the bit.
 */

/** Zero crossings of the sinc on each side, at the lower of the two rates. */
const CROSSINGS = 24;
/** Where the pass band ends, of the lower Nyquist frequency; above that one everything is gone. */
const ROLL_OFF = 0.9;
/** Kaiser's parameter: about 80 dB in the stop band. */
const KAISER = 8;
const KAISER_PEAK = bessel(KAISER);

/**
 * @param {number} one
 * @param {number} other
 * @returns {number}
 */
function greatestCommonDivisor(one, other) {
  return other ? greatestCommonDivisor(other, one % other) : one;
}

/**
 * The modified Bessel function of the first kind, order 0, by its series.
 * @param {number} x
 * @returns {number}
 */
function bessel(x) {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 1e-12; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * The windowed sinc.
 * @param {number} x distance from the centre, in input samples
 * @param {number} cutoff of the input's Nyquist frequency
 * @param {number} half width of the window on one side, in input samples
 * @returns {number}
 */
function kernel(x, cutoff, half) {
  if (Math.abs(x) >= half) {
    return 0;
  }
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
  return (cutoff * sinc * bessel(KAISER * Math.sqrt(1 - (x / half) ** 2))) / KAISER_PEAK;
}

/**
 * Make the filter of one phase; its taps add up to 1, so that silence and DC stay what they are.
 * @param {Float32Array} taps where it goes
 * @param {number} fraction of an input sample by which the output lies behind the tap in the middle
 * @param {number} cutoff
 */
function fillPhase(taps, fraction, cutoff) {
  const half = taps.length / 2;
  let sum = 0;
  for (let at = 0; at < taps.length; at++) {
    taps[at] = kernel(at - half + 1 - fraction, cutoff, half);
    sum += taps[at];
  }
  for (let at = 0; at < taps.length; at++) {
    taps[at] /= sum;
  }
}

export class Resampler {
  /** How many outputs go with `#down` inputs. */
  #up;
  #down;
  /** Taps on one side. */
  #half;
  /** The filters of all phases, one behind the other. */
  #filters;
  #history = new Float32Array(4096);
  #filled = 0;
  /** The input sample in front of the next output, and how many `#up`ths of a sample the output lies behind it. */
  #at = 0;
  #phase = 0;

  /**
   * @param {number} from hertz of the input
   * @param {number} to hertz of the output
   */
  constructor(from, to) {
    const [input, output] = [Math.round(from), Math.round(to)];
    const divisor = greatestCommonDivisor(input, output);
    this.#up = output / divisor;
    this.#down = input / divisor;
    this.#half = this.#up === this.#down ? 1 : Math.ceil(CROSSINGS * Math.max(1, input / output));
    this.#filters = new Float32Array(this.#up * 2 * this.#half);
    const cutoff = this.#up === this.#down ? 1 : ROLL_OFF * Math.min(1, output / input);
    for (let phase = 0; phase < this.#up; phase++) {
      const taps = this.#filters.subarray(phase * 2 * this.#half, (phase + 1) * 2 * this.#half);
      fillPhase(taps, phase / this.#up, cutoff);
    }
    this.reset();
  }

  /** Samples of the input on each side that an output depends on. */
  get reach() {
    return this.#half;
  }

  /** Outputs that can be had now. */
  get ready() {
    const last = this.#filled - this.#half - 1 - this.#at;
    return last < 0 ? 0 : Math.floor((last * this.#up + this.#up - 1 - this.#phase) / this.#down) + 1;
  }

  /**
   * Say how many inputs are missing for so many outputs.
   * @param {number} outputs
   * @returns {number}
   */
  wanted(outputs) {
    const last = this.#at + Math.floor((this.#phase + (outputs - 1) * this.#down) / this.#up);
    return outputs ? Math.max(0, last + this.#half + 1 - this.#filled) : 0;
  }

  /**
   * Take more input.
   * @param {Float32Array} samples
   */
  push(samples) {
    this.#makeRoom(samples.length);
    this.#history.set(samples, this.#filled);
    this.#filled += samples.length;
  }

  /** Begin another stream. */
  reset() {
    // Half a filter of silence stands in front of the first sample, so that the first output is of it.
    this.#history.fill(0);
    this.#filled = this.#half - 1;
    this.#at = this.#half - 1;
    this.#phase = 0;
  }

  /** Let the input end: what the filter still holds back becomes ready. */
  flush() {
    this.push(new Float32Array(this.#half));
  }

  /**
   * Write outputs, as many as are ready and find room.
   * @param {Float32Array} out
   * @returns {number} how many were written
   */
  pull(out) {
    const count = Math.min(out.length, this.ready);
    for (let n = 0; n < count; n++) {
      out[n] = this.#output();
      this.#phase += this.#down;
      this.#at += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    return count;
  }

  #output() {
    const width = 2 * this.#half;
    const filter = this.#phase * width;
    const first = this.#at - this.#half + 1;
    let sum = 0;
    for (let tap = 0; tap < width; tap++) {
      sum += this.#history[first + tap] * this.#filters[filter + tap];
    }
    return sum;
  }

  /** @param {number} count */
  #makeRoom(count) {
    if (this.#filled + count <= this.#history.length) {
      return;
    }
    const first = Math.min(this.#at - this.#half + 1, this.#filled);
    const kept = this.#history.subarray(first, this.#filled);
    const enough = kept.length + count <= this.#history.length;
    const history = enough ? this.#history : new Float32Array(2 * (kept.length + count));
    history.set(kept);
    this.#history = history;
    this.#filled = kept.length;
    this.#at -= first;
  }
}
