// An agent of the package `@openai/agents-realtime` in a browser, by WebSocket, with a tool that runs in the page.

import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";
import { tell } from "./tell.mjs";

const ticket = async () => (await fetch("/ticket", { method: "POST" })).text();

const language = tool({
  name: "get_language",
  description: "Tells the language of the page",
  parameters: z.object({}),
  execute: async () => document.documentElement.lang,
});
const agent = new RealtimeAgent({ name: "Guide", instructions: "You are kind.", tools: [language] });
const session = new RealtimeSession(agent, { transport: "websocket" });

session.on("agent_tool_end", (_context, _agent, { name }, result) => tell({ called: name, result }));
session.on("agent_end", (_context, _agent, output) => {
  if (!output) return; // a response that only calls a tool says nothing
  tell({ said: output });
  tell({ history: session.history.map((item) => ("role" in item ? item.role : item.type)) });
  session.close();
});
session.on("error", ({ error }) => tell({ error }));

await session.connect({ url: "wss://relay.example.com/v1/realtime?model=gpt-realtime", apiKey: await ticket() });
session.sendMessage("Please call get_language.");
