// @ts-check
/**
 * What a client can be told, what holds where nothing is, and how the browser is asked for it.
 *
 * The ticket stands in a subprotocol, since browsers can set no header, and a URL ends up in logs. The relay
 * selects `realtime`, which therefore comes first.
 */

const PATH = "/v1/realtime";
const KEY_SUBPROTOCOL = "openai-insecure-api-key.";

/**
 * @typedef {object} Address
 * @property {string | URL} [url] of the relay; this page's origin and `/v1/realtime` if none is given
 * @property {string | null} [model] the name of a model or deployment that is asked for
 * @property {string | null} [profile] the profile that is asked for
 * @property {Record<string, string>} [query] further fields of the query
 * @property {boolean} [relayEvents] whether to hear the relay's own events (`relay.*`)
 */

/**
 * Put the URL of a WebSocket together.
 * @param {Address} address
 * @param {string} base what a relative `url` is relative to: the page's own
 * @returns {string}
 */
export function relayUrl({ url, model, profile, query, relayEvents }, base) {
  const whole = new URL(url ?? PATH, base);
  whole.protocol = whole.protocol.replace("http", "ws");
  whole.hash = "";
  const fields = { model, profile, relay: relayEvents ? "v1" : undefined, ...query };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null && value !== "") {
      whole.searchParams.set(name, value);
    }
  }
  return whole.href;
}

/**
 * Say which subprotocols to offer.
 * @param {string | null | undefined} ticket
 * @returns {string[]}
 */
export function subprotocols(ticket) {
  return ticket ? ["realtime", KEY_SUBPROTOCOL + ticket] : ["realtime"];
}

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
 * @property {Partial<BackOff> | false} [reconnect]
 *
 * @typedef {Address & OwnOptions} ClientOptions
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
