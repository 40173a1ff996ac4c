// A conversation folded into what people read, whatever order its events come in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { added, done, folded, message, says, SESSION, SPEECH, spoken } from "./telling.mjs";

const read = (transcript) => transcript.entries.map(({ kind, text, final }) => [kind, text, final]);

/** A spoken turn as GA tells it. */
const TURN = [
  { type: "input_audio_buffer.speech_started", item_id: "item_1", audio_start_ms: 0 },
  { type: "input_audio_buffer.speech_stopped", item_id: "item_1", audio_end_ms: 900 },
  { type: "input_audio_buffer.committed", item_id: "item_1", previous_item_id: null },
  added(message("item_1", "user", spoken(null))),
  done(message("item_1", "user", spoken(null))),
  { type: "response.created", response: { id: "resp_1" } },
  { type: "response.output_item.added", response_id: "resp_1", item: message("item_2", "assistant", []) },
  added(message("item_2", "assistant", []), "item_1"),
  says("item_2", "Hello "),
  says("item_2", "there."),
];
const TRANSCRIBED = [
  { type: `${SPEECH}.delta`, item_id: "item_1", content_index: 0, delta: "Who " },
  { type: `${SPEECH}.completed`, item_id: "item_1", content_index: 0, transcript: "Who is there?" },
];

test("speech has its place before its words are known, and keeps it when they come behind the answer", () => {
  const transcript = folded(...TURN);
  assert.deepEqual(read(transcript), [
    ["user", "", false],
    ["assistant", "Hello there.", false],
  ]);
  transcript.apply(TRANSCRIBED[0]);
  assert.equal(transcript.entries[0].text, "Who ");
  const entry = transcript.apply(TRANSCRIBED[1]);
  assert.equal(entry, transcript.entries[0]);
  assert.deepEqual(read(transcript)[0], ["user", "Who is there?", true]);
  assert.ok(transcript.entries.every((each) => each.spoken));
});

test("the words may come before the answer as well", () => {
  const transcript = folded(...TURN.slice(0, 5), ...TRANSCRIBED, ...TURN.slice(5));
  assert.deepEqual(read(transcript), [
    ["user", "Who is there?", true],
    ["assistant", "Hello there.", false],
  ]);
});

test("an answer is final when its item is done, and says then what the service says it said", () => {
  const item = message("item_2", "assistant", [{ type: "output_audio", transcript: "Hello, there." }]);
  const transcript = folded(
    ...TURN,
    {
      type: "response.output_audio_transcript.done",
      item_id: "item_2",
      content_index: 0,
      transcript: "Hello there!",
    },
    { type: "response.output_item.done", response_id: "resp_1", item },
  );
  assert.deepEqual(read(transcript)[1], ["assistant", "Hello, there.", true]);
  assert.equal(transcript.apply(says("item_2", "late")), null);
});

test("where the answer was truncated it is interrupted, and keeps what was shown", () => {
  const transcript = folded(...TURN, {
    type: "conversation.item.truncated",
    item_id: "item_2",
    content_index: 0,
    audio_end_ms: 100,
  });
  const { text, interrupted } = transcript.entries[1];
  assert.deepEqual([text, interrupted], ["Hello there.", true]);
});

test("a cancelled response leaves its answers interrupted and final; a complete one final only", () => {
  for (const [status, interrupted] of [
    ["cancelled", true],
    ["completed", false],
  ]) {
    const transcript = folded(...TURN, { type: "response.done", response: { id: "resp_1", status, output: [] } });
    assert.deepEqual([transcript.entries[1].final, transcript.entries[1].interrupted], [true, interrupted]);
    assert.equal(transcript.entries[0].final, false);
  }
});

test("items stand where previous_item_id says, even if they are told the wrong way round", () => {
  const text = (id) => message(id, "user", [{ type: "input_text", text: id }]);
  const transcript = folded(added(text("a")), added(text("d"), "c"), added(text("c"), "b"), added(text("b"), "a"));
  assert.deepEqual(
    transcript.entries.map(({ id }) => id),
    ["a", "b", "c", "d"],
  );
  transcript.apply(added(text("a2"), "a"));
  transcript.apply(added(text("e")));
  assert.deepEqual(
    transcript.entries.map(({ id }) => id),
    ["a", "a2", "b", "c", "d", "e"],
  );
  assert.equal(transcript.apply({ type: "conversation.item.deleted", item_id: "b" }), null);
  assert.deepEqual(
    transcript.entries.map(({ id }) => id),
    ["a", "a2", "c", "d", "e"],
  );
});

test("speech that is cleared is forgotten; speech that cannot be transcribed says why", () => {
  const transcript = folded(TURN[0], { type: "input_audio_buffer.cleared" });
  assert.deepEqual(transcript.entries, []);
  TURN.slice(2, 5).forEach((event) => transcript.apply(event));
  transcript.apply({
    type: `${SPEECH}.failed`,
    item_id: "item_1",
    content_index: 0,
    error: { message: "Too quiet." },
  });
  assert.deepEqual([transcript.entries[0].final, transcript.entries[0].failed], [true, "Too quiet."]);
});

test("without transcription nobody waits for words", () => {
  const transcript = folded({ type: "session.updated", session: { audio: { input: { transcription: null } } } });
  TURN.slice(0, 5).forEach((event) => transcript.apply(event));
  assert.deepEqual(read(transcript), [["user", "", true]]);
});

test("what was written is final at once, of parts that are told apart", () => {
  const parts = [
    { type: "input_text", text: "One." },
    { type: "input_text", text: "Two." },
  ];
  const transcript = folded(
    added(message("item_1", "user", parts)),
    added(message("s", "system", parts.slice(1))),
  );
  assert.deepEqual(read(transcript), [
    ["user", "One.\nTwo.", true],
    ["system", "Two.", true],
  ]);
  transcript.apply(added(message("item_2", "assistant", [])));
  transcript.apply({ type: "response.output_text.delta", item_id: "item_2", content_index: 1, delta: "B" });
  transcript.apply({ type: "response.output_text.delta", item_id: "item_2", content_index: 0, delta: "A" });
  transcript.apply({ type: "response.output_text.done", item_id: "item_2", content_index: 1, text: "B." });
  assert.deepEqual([transcript.entries[2].text, transcript.entries[2].spoken], ["A\nB.", false]);
});

test("another session comes behind the last one, in which nothing happens any more", () => {
  const transcript = folded(...TURN, TURN[0]);
  transcript.apply({ type: "session.created", session: SESSION });
  transcript.apply(added(message("item_9", "user", [{ type: "input_text", text: "Again." }])));
  assert.deepEqual(
    transcript.entries.map(({ session, final }) => [session, final]),
    [
      [1, true],
      [1, true],
      [2, true],
    ],
  );
  transcript.clear();
  assert.deepEqual(transcript.entries, []);
});

test("what does not belong to a transcript changes nothing", () => {
  const transcript = folded();
  const strange = [
    { type: "rate_limits.updated", rate_limits: [] },
    says("item_unknown", "?"),
    added({ id: "x", type: "mcp_list_tools", tools: [] }),
    added({ id: "o", type: "function_call_output", call_id: "unknown", output: "1" }),
    { type: "conversation.item.truncated", item_id: "unknown" },
    { type: `${SPEECH}.completed`, item_id: "unknown", transcript: "?" },
    { type: "response.function_call_arguments.delta", item_id: "unknown", delta: "?" },
    { type: "toString" },
  ];
  strange.forEach((event) => assert.equal(transcript.apply(event), null, event.type));
  assert.deepEqual(transcript.entries, []);
  assert.ok(!transcript.concerns({ type: "rate_limits.updated" }));
  assert.ok(!transcript.concerns({ type: "toString" }));
});

test("another session may use the ids of the last one, whose entries stay as they were", () => {
  const transcript = folded(added(message("item_1", "user", [{ type: "input_text", text: "Once." }])));
  transcript.apply({ type: "session.created", session: SESSION });
  transcript.apply(added(message("item_1", "assistant", [])));
  transcript.apply(says("item_1", "Twice."));
  assert.deepEqual(
    transcript.entries.map(({ kind, text, session }) => [kind, text, session]),
    [
      ["user", "Once.", 1],
      ["assistant", "Twice.", 2],
    ],
  );
});

test("of a conversation that goes on and on the last is kept, and of a text that never ends the beginning", () => {
  const transcript = folded();
  const text = (n) => [{ type: "input_text", text: String(n) }];
  const write = (n) => added(message(`item_${n}`, "user", text(n)), `item_${n - 1}`);
  for (let n = 0; n < 300; n++) {
    transcript.apply(write(n));
  }
  transcript.apply({ type: "session.created", session: SESSION });
  for (let n = 300; n < 1200; n++) {
    transcript.apply(write(n));
  }
  assert.deepEqual(
    [transcript.entries.length, transcript.entries[0].text, transcript.entries.at(-1).text],
    [500, "700", "1199"],
  );
  transcript.apply(added(message("item_long", "assistant", [])));
  const call = { id: "item_call", type: "function_call", name: "f", call_id: "call_1", arguments: "" };
  transcript.apply(added(call));
  for (let n = 0; n < 30; n++) {
    transcript.apply(says("item_long", "x".repeat(10_000)));
    const delta = "y".repeat(10_000);
    transcript.apply({ type: "response.function_call_arguments.delta", item_id: "item_call", delta });
  }
  const [long, { tool }] = transcript.entries.slice(-2);
  assert.deepEqual([long.text.length, tool.arguments.length], [100_000, 100_000]);
});
