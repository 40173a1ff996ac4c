// @ts-check
/**
 * What a client can be told, and what holds where nothing is.
 */

import { relayUrl } from "./address.js";
import { BACK_OFF } from "./backoff.js";

/**
 * @typedef {object} OwnOptions
 * @property {() => Promise<string | null | undefined>} [ticket] gets a ticket, anew for each connection: one opens
 *   exactly one; nothing, where the relay wants none
 * @property {import("./session.js").Fields} [session] what the session is to be: sent as `session.update`
 * @property {import("./session.js").Mode} [mode] `voice`: the service detects turns
 * @property {import("./session.js").Fields} [turnDetection] of voice mode; else what the session has
 * @property {boolean} [bargeIn] whether speech interrupts the assistant
 * @property {import("./microphone.js").MicrophoneOptions} [microphone]
 * @property {number} [prebufferMs] audio that must be there before an answer is played
 * @property {number} [maxBufferedBytes] above it audio is dropped instead of sent
 * @property {Partial<import("./backoff.js").BackOff> | false} [reconnect]
 *
 * @typedef {import("./address.js").Address & OwnOptions} ClientOptions
 */

/** About two seconds of audio. */
export const MAX_BUFFERED_BYTES = 131_072;
export const PREBUFFER_MS = 40;

/**
 * @param {ClientOptions} options
 * @returns {string} the URL of the relay, as seen from this page
 */
export function urlOf(options) {
  return relayUrl(options, location.href);
}

/**
 * Wire a connection to the browser.
 * @param {ClientOptions} options
 * @param {() => string} url
 * @returns {import("./connection.js").Wiring}
 */
export function wiringOf({ ticket, reconnect }, url) {
  return {
    url,
    ticket,
    backOff: reconnect === false ? null : { ...BACK_OFF, ...reconnect },
    dial: (address, protocols) => new WebSocket(address, protocols),
    after,
    now: () => performance.now(),
    random: Math.random,
  };
}

/**
 * Do something later.
 * @param {() => void} action
 * @param {number} ms
 * @returns {() => void} prevents it
 */
export function after(action, ms) {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
