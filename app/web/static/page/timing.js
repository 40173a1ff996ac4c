// @ts-check
/** How long an answer takes to begin, from the end of speech: to its first byte, and to the first sound heard. */

import { byId } from "./dom.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */

const PLACES = {
  "first-byte": byId("time-byte", HTMLElement),
  "first-heard": byId("time-heard", HTMLElement),
  "round-trip": byId("time-trip", HTMLElement),
};

/**
 * Show a client's times.
 * @param {Client} client
 */
export function showTimes(client) {
  client.addEventListener("latency", ({ detail: { kind, ms } }) => {
    PLACES[kind].textContent = `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  });
}
