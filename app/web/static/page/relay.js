// @ts-check
/** What the page asks of the relay over HTTP: what there is to choose from, and tickets. The key stays in here. */

/**
 * @typedef {object} Facts
 * @property {boolean} simulated whether the upstream is the simulated one
 * @property {boolean} admitted whether the relay knows who asks
 * @property {string[]} profiles those that may be chosen
 * @property {string | null} profile the one in force when none is chosen
 * @property {string[]} voices those that the protocol names
 */

/** A refusal of the relay's, in its own words. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {string | null} code
   */
  constructor(status, message, code) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    /** Whether it may help to ask again. */
    this.retry = status >= 500 || status === 429;
  }
}

let key = "";

/**
 * Ask what there is to choose from. Throws a `Refusal`.
 * @param {string} [asking] the key to ask with, which is kept if it is good
 * @returns {Promise<Facts>}
 */
export async function facts(asking = key) {
  const told = await post("/page.json", asking, {});
  key = asking;
  return told;
}

/**
 * Get a ticket for one connection, or null where the relay knows the user without a key. Throws a `Refusal`.
 * @param {string | null} profile
 * @returns {Promise<string | null>}
 */
export async function ticket(profile) {
  if (!key) {
    return null;
  }
  const relay = profile ? { profile } : {};
  const minted = await post("/v1/realtime/client_secrets", key, { session: { type: "realtime" }, relay });
  return minted.value;
}

/**
 * @param {string} path
 * @param {string} secret
 * @param {object} body
 */
async function post(path, secret, body) {
  const headers = { "content-type": "application/json", ...(secret && { authorization: `Bearer ${secret}` }) };
  const response = await fetch(path, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    cache: "no-store",
  }).catch(() => {
    throw new Refusal(503, "The relay does not answer.", null);
  });
  if (!response.ok) {
    throw await refusal(response);
  }
  return response.json();
}

/** @param {Response} response */
async function refusal(response) {
  const { error } = await response.json().catch(() => ({ error: null }));
  const words = error?.message ?? `The relay answered with HTTP ${response.status}.`;
  return new Refusal(response.status, words, error?.code ?? null);
}
