// A conversation in writing: what the model answers to two messages.

import { connect, tell } from "./clients.mjs";

const texts = ["My name is Ada.", "What did I say?"];
const realtime = await connect();

// The service speaks first: a connection that is open is ready.
realtime.on("session.created", ({ session }) => {
  tell({ model: "model" in session && session.model });
  ask();
});
realtime.on("response.output_text.done", ({ text }) => tell({ said: text }));
realtime.on("response.done", ask);

function ask() {
  const text = texts.shift();
  if (text === undefined) return realtime.close();
  realtime.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
  });
  realtime.send({ type: "response.create", response: { output_modalities: ["text"] } });
}
