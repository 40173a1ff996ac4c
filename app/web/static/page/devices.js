// @ts-check
/** Which microphone: the list follows what is plugged in, and has names once the browser allows the microphone. */

import { microphones } from "../client/index.js";
import { byId, offer } from "./dom.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */

const select = byId("device", HTMLSelectElement);
const SYSTEM = { value: "", label: "The system's choice" };

/** Return the id of the microphone that is chosen, if one is. */
export function chosenDevice() {
  return select.value || undefined;
}

/** Keep the list of microphones, from now on. */
export function keepDevices() {
  navigator.mediaDevices?.addEventListener("devicechange", refresh);
  refresh();
}

/**
 * Change a client's microphone when another one is chosen, and learn the names when it is on.
 * @param {Client} client
 */
export function followDevice(client) {
  select.addEventListener("change", () => {
    client.microphoneOn && client.startMicrophone({ deviceId: chosenDevice() }).catch(() => {});
  });
  client.addEventListener("microphone", ({ detail: { state } }) => state === "on" && refresh());
}

async function refresh() {
  const found = await microphones().catch(() => []);
  const named = found.filter(({ deviceId }) => deviceId && deviceId !== "default");
  const label = (/** @type {number} */ at) => named[at].label || `Microphone ${at + 1}`;
  offer(select, [SYSTEM, ...named.map(({ deviceId }, at) => ({ value: deviceId, label: label(at) }))]);
}
