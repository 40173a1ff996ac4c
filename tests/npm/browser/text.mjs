// A conversation in writing, in a browser, with the package `openai`.

import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { tell } from "./tell.mjs";

const ticket = async () => (await fetch("/ticket", { method: "POST" })).text();
const baseURL = "https://relay.example.com/v1";
const openai = new OpenAI({ baseURL, apiKey: await ticket(), dangerouslyAllowBrowser: true });
const realtime = new OpenAIRealtimeWebSocket({ model: "gpt-realtime" }, openai);

realtime.on("session.created", () => {
  realtime.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text: "My name is Ada." }] },
  });
  realtime.send({ type: "response.create", response: { output_modalities: ["text"] } });
});
realtime.on("response.output_text.done", ({ text }) => {
  tell({ said: text });
  realtime.close();
});
realtime.on("error", ({ message, error }) => tell({ error: error?.code ?? message }));
realtime.socket.addEventListener("close", ({ code, reason }) => tell({ closed: code, reason }));
