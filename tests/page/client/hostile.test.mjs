// A server that is broken or means ill: what it says is told, and never breaks the client.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, turns } from "./browserless.mjs";

const PART = { item_id: "item_2", content_index: 0, output_index: 0, response_id: "resp_1" };
const ANSWER = {
  id: "item_2",
  type: "message",
  role: "assistant",
  content: [{ type: "output_audio", transcript: "" }],
};
const CALL = { id: "item_3", type: "function_call", name: "f", call_id: "call_1", arguments: "" };
const SPEECH = "conversation.item.input_audio_transcription";
const SOUND = "AAAA".repeat(400);

/** A conversation of everything that a client follows. */
const CONVERSATION = [
  { type: "session.updated", session: { audio: { input: { turn_detection: { type: "server_vad" } } } } },
  { type: "input_audio_buffer.speech_started", item_id: "item_1" },
  { type: "input_audio_buffer.speech_stopped", item_id: "item_1" },
  { type: "input_audio_buffer.committed", item_id: "item_1", previous_item_id: null },
  { type: "conversation.item.added", item: { ...ANSWER, id: "item_1", role: "user" }, previous_item_id: null },
  { type: `${SPEECH}.delta`, item_id: "item_1", content_index: 0, delta: "Hel" },
  { type: `${SPEECH}.completed`, item_id: "item_1", content_index: 0, transcript: "Hello." },
  { type: `${SPEECH}.failed`, item_id: "item_1", content_index: 0, error: { message: "Too quiet." } },
  { type: "response.created", response: { id: "resp_1", conversation_id: "conv_1" } },
  { type: "response.output_item.added", response_id: "resp_1", item: ANSWER },
  { type: "conversation.item.created", item: ANSWER, previous_item_id: "item_1" },
  { type: "response.output_audio.delta", ...PART, delta: SOUND },
  { type: "response.output_audio_transcript.delta", ...PART, delta: "Hi" },
  { type: "response.output_text.delta", ...PART, delta: "Hi" },
  { type: "response.output_text.done", ...PART, text: "Hi" },
  { type: "response.output_audio.done", ...PART },
  { type: "response.output_audio_transcript.done", ...PART, transcript: "Hi." },
  { type: "response.output_item.done", response_id: "resp_1", item: ANSWER },
  { type: "conversation.item.done", item: ANSWER, previous_item_id: "item_1" },
  { type: "response.output_item.added", response_id: "resp_1", item: CALL },
  { type: "response.function_call_arguments.delta", ...PART, item_id: "item_3", delta: "{" },
  { type: "response.function_call_arguments.done", ...PART, item_id: "item_3", arguments: "{}" },
  { type: "conversation.item.added", item: { ...CALL, id: "item_4", type: "function_call_output", output: "1" } },
  { type: "relay.tool_result", name: "f", call_id: "call_1", result: {} },
  { type: "response.done", response: { id: "resp_1", status: "completed", output: [ANSWER] } },
  { type: "conversation.item.truncated", item_id: "item_2", content_index: 0, audio_end_ms: 1 },
  { type: "conversation.item.deleted", item_id: "item_3" },
  { type: "input_audio_buffer.cleared" },
  { type: "error", error: { type: "invalid_request_error", code: "x", message: "No.", event_id: "event_1" } },
  { type: "session.created", session: { audio: { input: { transcription: null } } } },
];

const ODD = [undefined, null, true, -1, 1e12, 0.5, "", "constructor", [], [null], ["x"], {}, { id: null }];

/** Say in how many odd ways a value can come, whole or in what it holds. */
function* bent(value) {
  yield* ODD;
  if (value && typeof value === "object") {
    for (const name of Object.keys(value)) {
      for (const odd of bent(value[name])) {
        yield Array.isArray(value) ? [odd] : { ...value, [name]: odd };
      }
    }
  }
}

test("nothing that a server says breaks the client, and the next conversation is whole", async () => {
  const { client, socket, thread, told } = await connected({ types: ["event", "response.done"] });
  let count = 0;
  for (const event of CONVERSATION) {
    for (const odd of bent(event)) {
      socket.say({ ...odd, type: event.type });
      count += 1;
    }
    socket.say(event);
    thread.play(10);
    await turns();
  }
  assert.ok(count > 1000);
  assert.equal(told.event.filter(({ direction }) => direction === "in").length, count + CONVERSATION.length + 1);
  const next = JSON.stringify(CONVERSATION.slice(8, 19)).replaceAll("_2", "_9").replaceAll("resp_1", "resp_9");
  JSON.parse(next).forEach((event) => socket.say(event));
  thread.play(5000);
  await turns();
  assert.deepEqual([client.transcript.entries.at(-1).text, client.responding], ["Hi.", true]);
  assert.equal(client.played("item_9"), 25);
  client.close();
  await turns();
});

test("no server speaks in the client's own name", async () => {
  const own = ["state", "session", "event", "refused", "dropped", "audio", "microphone", "talk"];
  const { socket, told } = await connected({ types: [...own, "playback", "transcript", "weather.changed"] });
  const count = () => Object.entries(told).map(([type, all]) => (type === "event" ? 0 : all.length));
  const before = count();
  Object.keys(told).forEach((type) => socket.say({ type, state: "closed" }));
  assert.deepEqual(count(), [...before.slice(0, -1), 1]);
  assert.equal(told.event.filter(({ event }) => event.state === "closed").length, Object.keys(told).length);
});

test("a response that ends while its cancelling is under way is no refusal", async () => {
  const { client, socket, told, sent } = await connected({ types: ["refused"] });
  CONVERSATION.slice(8, 12).forEach((event) => socket.say(event));
  await client.interrupt();
  const [{ type, event_id: eventId }, truncation] = sent();
  assert.deepEqual([type, truncation.audio_end_ms], ["response.cancel", 0]);
  socket.say({ type: "response.done", response: { id: "resp_1", status: "completed" } });
  const error = { code: "response_cancel_not_active", message: "No response is active.", event_id: eventId };
  socket.say({ type: "error", error });
  assert.deepEqual(told.refused, []);
  socket.say({ type: "error", error: { code: "x", message: "No.", event_id: truncation.event_id } });
  assert.deepEqual(
    told.refused.map(({ event }) => event.type),
    ["conversation.item.truncate"],
  );
});

test("a connection that closes while somebody is heard is told, and what is sent then goes nowhere", async () => {
  const { client, socket, told } = await connected({ types: ["state"] });
  CONVERSATION.slice(8, 13).forEach((event) => socket.say(event));
  socket.readyState = 2;
  const writing = client.sendText("Hello?");
  socket.end(1006, "");
  assert.equal(await writing, null);
  assert.deepEqual([client.state, client.responding, told.state.at(-1).ending.code], ["closed", false, 1006]);
});

test("sound that goes out is told to who listens, as every event is", async () => {
  const batch = Int16Array.of(1, 2);
  const listened = await connected({ types: ["event"] });
  const deaf = await connected();
  for (const { client } of [listened, deaf]) {
    client._engine.microphone.dispatchEvent(new CustomEvent("batch", { detail: batch }));
  }
  const { direction, event, at } = listened.told.event.at(-1);
  assert.deepEqual([direction, event], ["out", { type: "input_audio_buffer.append", audio: "AQACAA==" }]);
  assert.ok(at > 0);
  assert.equal(listened.socket.sent.at(-1), deaf.socket.sent.at(-1));
});
