// @ts-check
/**
 * Where the relay is, and what the handshake tells it.
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
