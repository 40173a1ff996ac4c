// @ts-check
/** How loud both sides are: two meters, and the ring around the button. They rest while nothing is connected. */

import { byId } from "./dom.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */

/** Decibels of full scale that the left end of a meter means. */
const QUIETEST = -60;

const input = byId("level-in", HTMLMeterElement);
const output = byId("level-out", HTMLMeterElement);
const ring = byId("ring", HTMLElement);

/**
 * Follow a client's levels, until it is closed.
 * @param {Client} client
 */
export function showLevels(client) {
  let running = false;
  const frame = () => {
    running = client.state !== "closed" || client.microphoneOn;
    draw(running ? client.inputLevel : 0, running ? client.outputLevel : 0);
    running && requestAnimationFrame(frame);
  };
  const begin = () => {
    running || requestAnimationFrame(frame);
    running = true;
  };
  client.addEventListener("state", begin);
  client.addEventListener("microphone", begin);
}

/**
 * @param {number} said
 * @param {number} heard
 */
function draw(said, heard) {
  set(input, seen(said));
  set(output, seen(heard));
  ring.style.setProperty("--level", String(Math.max(input.value, output.value).toFixed(3)));
}

/**
 * @param {HTMLMeterElement} meter
 * @param {number} value
 */
function set(meter, value) {
  meter.value = value;
  meter.style.setProperty("--value", value.toFixed(3));
}

/** @param {number} level root mean square of full scale */
function seen(level) {
  return level > 0 ? Math.min(1, Math.max(0, 1 - (20 * Math.log10(level)) / QUIETEST)) : 0;
}
