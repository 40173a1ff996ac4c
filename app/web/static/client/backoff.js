// @ts-check
/**
 * How long to wait before another attempt: exponential, with full jitter, so that the clients of a relay that
 * restarts do not come back all at once.
 */

/**
 * @typedef {object} BackOff
 * @property {number} attempts how many attempts are made before giving up
 * @property {number} baseMs the longest first wait
 * @property {number} capMs the longest wait of all
 * @property {number} stableMs how long a connection must have been open for the counting to begin anew
 */

/** @type {Readonly<BackOff>} */
export const BACK_OFF = Object.freeze({ attempts: 8, baseMs: 500, capMs: 15_000, stableMs: 30_000 });

/**
 * Say how long to wait before an attempt.
 * @param {number} attempt 1 for the first after a connection was lost
 * @param {BackOff} backOff
 * @param {() => number} random in [0, 1)
 * @returns {number} whole milliseconds
 */
export function delayBefore(attempt, backOff, random) {
  return Math.round(random() * Math.min(backOff.capMs, backOff.baseMs * 2 ** (attempt - 1)));
}
