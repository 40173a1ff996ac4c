// A function that runs here, on the client's side: the model calls it, and answers with what it returned.

import { connect, tell } from "./clients.mjs";

const realtime = await connect();

realtime.on("session.created", () =>
  realtime.send({
    type: "session.update",
    session: {
      type: "realtime",
      output_modalities: ["text"],
      tools: [
        {
          type: "function",
          name: "get_weather",
          description: "Tells the weather",
          parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        },
      ],
    },
  }),
);
realtime.on("session.updated", () => {
  const text = "Please call get_weather for Paris.";
  create({ type: "message", role: "user", content: [{ type: "input_text", text }] });
});
realtime.on("response.output_text.done", ({ text }) => {
  tell({ said: text });
  realtime.close();
});
realtime.on("response.function_call_arguments.done", ({ call_id, name, arguments: given }) => {
  tell({ called: name, with: Object.keys(JSON.parse(given)) });
  const output = "sunny, 21 degrees";
  realtime.once("response.done", () => create({ type: "function_call_output", call_id, output }));
});

/** @typedef {import("openai/resources/realtime/realtime").ConversationItem} Item */

/** Add to the conversation, and ask for an answer. @param {Item} item */
function create(item) {
  realtime.send({ type: "conversation.item.create", item });
  realtime.send({ type: "response.create" });
}
