// An agent of the package `@openai/agents-realtime`, with a tool: what changes is the URL, and the ticket.

import { readFile } from "node:fs/promises";
import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";
import { tell, ticket } from "./clients.mjs";

const speech = await readFile(process.argv[2] ?? "speech.pcm"); // PCM16, 24 kHz, mono
const silence = Buffer.alloc(5 * 48000); // The agent's way to hear that somebody has ended is a patient one.
const url = `${process.env.RELAY_URL ?? "https://localhost"}/v1/realtime?model=gpt-realtime`.replace("http", "ws");

const weather = tool({
  name: "get_weather",
  description: "Tells the weather",
  parameters: z.object({ city: z.string() }),
  execute: async () => "sunny, 21 degrees",
});
const agent = new RealtimeAgent({ name: "Guide", instructions: "You are kind.", tools: [weather] });
const session = new RealtimeSession(agent, { transport: "websocket" });

session.on("agent_tool_end", (_context, _agent, { name }, result) => tell({ called: name, result }));
session.on("agent_end", (_context, _agent, output) => {
  if (output) tell({ said: output }); // a response that only calls a tool says nothing
  if (output.includes("heard")) end();
});
session.on("audio_interrupted", () => tell({ interrupted: true }));
session.on("error", ({ error }) => tell({ error }));
// Whoever speaks while the agent does, interrupts it: here with what the microphone would have heard.
session.once("audio", () => say(Buffer.concat([speech, silence])));

await session.connect({ url, apiKey: await ticket() });
session.sendMessage("Please call get_weather for Paris.");

/** @param {Buffer} sound */
function say(sound) {
  const batch = 4800; // 100 ms
  for (let at = 0; at < sound.length; at += batch) {
    session.sendAudio(new Uint8Array(sound.subarray(at, at + batch)).buffer);
  }
}

function end() {
  tell({ history: session.history.map((item) => ("role" in item ? item.role : item.type)) });
  session.close();
}
