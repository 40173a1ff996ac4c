/** A page that does nothing by itself: tests make a client, and ask what it told. */

import { RealtimeRelayClient } from "/client/index.js";

/** What the client told, by type: its own events, and some of the server's. */
const told = {};
const TYPES = [
  "state",
  "session",
  "refused",
  "dropped",
  "audio",
  "microphone",
  "talk",
  "playback",
  "interrupted",
  "latency",
  "conversation.item.truncated",
  "input_audio_buffer.committed",
  "response.done",
];

function keep(type, detail) {
  (told[type] ??= []).push(structuredClone(detail));
}

/** Make a client; where the test has tickets to give, it uses them. */
function make(options) {
  const ticket = window.ticket && (() => window.ticket());
  const client = new RealtimeRelayClient({ ticket, ...options });
  TYPES.forEach((type) => client.addEventListener(type, ({ detail }) => keep(type, detail)));
  client.addEventListener("event", ({ detail }) => detail.direction === "out" && keep("sent", detail.event));
  Object.assign(window, { client });
}

/** Return what an attempt to connect came to. */
function connect() {
  return client.connect().then(
    ({ id }) => id,
    ({ name, message, ending }) => ({ name, message, code: ending.code, error: ending.error?.code }),
  );
}

Object.assign(window, { told, make, connect });
if (window.atOnce) {
  make(window.atOnce);
  connect();
}
document.body.dataset.ready = "true";
