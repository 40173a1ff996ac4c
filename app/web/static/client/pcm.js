// @ts-check
/**
 * Audio as the Realtime API carries it: mono PCM16, little-endian, 24 kHz, in base64.
 *
 * The spelling of an append is fixed to the byte: the relay passes this one on without decoding it.
 */

/** Samples a second on the wire. */
export const WIRE_RATE = 24_000;
/** Samples that may wait to be played: ten minutes of speech. */
export const LONGEST = 600 * WIRE_RATE;

const HEAD = '{"type":"input_audio_buffer.append","audio":"';
const TAIL = '"}';
const FULL_SCALE = 32768;
/** Bytes that are spelt at once: more arguments would overflow the stack of some engines. */
const PIECE = 8192;

/**
 * Spell bytes in base64, padded.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toBase64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return btoa(binary);
}

/**
 * Read base64 as PCM16 samples; half a sample at the end is dropped, and what is no base64 is no sample.
 * @param {string} text
 * @returns {Int16Array<ArrayBuffer>}
 */
export function samplesOf(text) {
  const binary = binaryOf(text);
  const samples = new Int16Array(binary.length >> 1);
  for (let at = 0; at < samples.length; at++) {
    samples[at] = binary.charCodeAt(2 * at) | (binary.charCodeAt(2 * at + 1) << 8);
  }
  return samples;
}

/** @param {string} text */
function binaryOf(text) {
  try {
    return atob(text);
  } catch {
    return "";
  }
}

/**
 * Write samples as the one spelling of `input_audio_buffer.append` that the relay takes as it is.
 * @param {Int16Array} samples
 * @returns {string}
 */
export function appendOf(samples) {
  return HEAD + toBase64(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)) + TAIL;
}

/**
 * Turn one sample of the Web Audio API into PCM16: clipped, never wrapped.
 * @param {number} sample
 * @returns {number}
 */
export function toPcm16(sample) {
  return Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE)));
}

/**
 * Turn a PCM16 sample into one of the Web Audio API.
 * @param {number} sample
 * @returns {number}
 */
export function toFloat(sample) {
  return sample / FULL_SCALE;
}

/**
 * Measure how loud samples are: the root mean square, of full scale where they are floats.
 * @param {ArrayLike<number>} samples
 * @returns {number}
 */
export function rms(samples) {
  let sum = 0;
  for (let at = 0; at < samples.length; at++) {
    sum += samples[at] * samples[at];
  }
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}

/**
 * Say how long so many samples on the wire last, in whole milliseconds that have passed.
 * @param {number} samples
 * @returns {number}
 */
export function milliseconds(samples) {
  return Math.floor((samples * 1000) / WIRE_RATE);
}
