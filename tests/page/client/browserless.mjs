// A whole client outside a browser: its socket is the test's, and so is its audio thread.

import { RealtimeRelayClient } from "../../../app/web/static/client/index.js";
import { ScriptedSocket } from "./script.mjs";
import { Thread } from "./thread.mjs";

/** What a page has and Node has not: where it is, that it is not secure, and sockets. */
Object.assign(globalThis, {
  location: { href: "https://app.example/" },
  isSecureContext: false,
  WebSocket: class extends ScriptedSocket {
    constructor(...given) {
      super(...given);
      last = this;
    }
  },
});
let last = null;

const SESSION = { id: "sess_1", audio: { input: { transcription: { model: "whisper-1" } } } };

/** Connect a client; `told` has what it told, by type. */
export async function connected({ types = [], ...options } = {}) {
  const client = new RealtimeRelayClient({ reconnect: false, ...options });
  const told = {};
  for (const type of types) {
    told[type] = [];
    client.addEventListener(type, ({ detail }) => told[type].push(detail));
  }
  const opening = client.connect();
  await turns();
  const thread = new Thread();
  const { player } = client._engine.sound;
  player.expect();
  player.attach(thread);
  const socket = last;
  socket.say({ type: "session.created", session: SESSION });
  await opening;
  return { client, socket, thread, told, sent: () => socket.sent.map((text) => JSON.parse(text)) };
}

export const turns = () => new Promise((resolve) => setImmediate(resolve));
