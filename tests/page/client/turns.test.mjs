// Turns: what interrupts whom, what is truncated where, what push-to-talk commits, and how long an answer takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Answers, truncation } from "../../../app/web/static/client/answers.js";
import { TurnClock } from "../../../app/web/static/client/conversation.js";
import { PushToTalk } from "../../../app/web/static/client/talking.js";

const created = (id, conversation = "conv_1") => ({
  type: "response.created",
  response: { id, conversation_id: conversation },
});
const delta = (item, response) => ({ type: "response.output_audio.delta", item_id: item, response_id: response });
const cut = (itemId, played, received) => ({ itemId, contentIndex: 0, played, received });

function answering(...events) {
  const answers = new Answers();
  events.forEach((event) => answers.follow(event));
  return answers;
}

test("a response is active from its creation to its end", () => {
  const answers = answering(created("resp_1"));
  assert.ok(answers.active);
  answers.follow({ type: "response.done", response: { id: "resp_1" } });
  assert.ok(!answers.active);
  assert.deepEqual(answers.stop(), []);
});

test("only what is active is cancelled, by its id, and its late deltas are dropped, of any item", () => {
  const answers = answering(created("resp_1"));
  assert.ok(answers.wants(delta("item_1", "resp_1")));
  assert.deepEqual(answers.stop(), [{ type: "response.cancel", response_id: "resp_1" }]);
  assert.ok(!answers.wants(delta("item_1", "resp_1")));
  assert.ok(!answers.wants(delta("item_2", "resp_1")));
  answers.follow(created("resp_2"));
  assert.ok(answers.wants(delta("item_3", "resp_2")));
});

test("an item is truncated where its playing ended, in whole milliseconds that were heard", () => {
  const answers = answering(created("resp_1"));
  answers.wants(delta("item_1", "resp_1"));
  const interrupted = answers.cut(cut("item_1", 24_023, 48_000));
  assert.deepEqual(interrupted, {
    itemId: "item_1",
    contentIndex: 0,
    audioEndMs: 1000,
    playedMs: 1000,
    receivedMs: 2000,
  });
  assert.deepEqual(truncation(interrupted), {
    type: "conversation.item.truncate",
    item_id: "item_1",
    content_index: 0,
    audio_end_ms: 1000,
  });
  assert.ok(!answers.wants(delta("item_1", "resp_1")));
});

test("what was not heard at all is truncated to nothing; what was heard whole is not truncated", () => {
  const answers = answering(created("resp_1"));
  ["item_1", "item_2", "item_3"].forEach((item) => answers.wants(delta(item, "resp_1")));
  answers.follow({ type: "response.output_audio.done", item_id: "item_2" });
  assert.equal(answers.cut(cut("item_1", 0, 48_000)).audioEndMs, 0);
  assert.equal(answers.cut(cut("item_2", 48_000, 48_000)).audioEndMs, null);
  // More of it may have been under way than was received.
  assert.equal(answers.cut(cut("item_3", 48_000, 48_000)).audioEndMs, 2000);
});

test("what belongs to no conversation, or to an earlier session, is not truncated, and not cancelled", () => {
  const answers = answering(created("resp_1", null));
  assert.ok(answers.wants(delta("item_1", "resp_1")));
  assert.ok(!answers.active);
  assert.deepEqual(answers.stop(), []);
  assert.ok(!answers.wants(delta("item_1", "resp_1")));
  assert.equal(answers.cut(cut("item_1", 24_000, 48_000)).audioEndMs, null);
  answers.follow(created("resp_2"));
  answers.wants(delta("item_2", "resp_2"));
  answers.follow({ type: "session.created" });
  assert.equal(answers.cut(cut("item_2", 24_000, 48_000)).audioEndMs, null);
});

/** A booth whose microphone holds some samples back. */
function booth(held = 0) {
  const events = [];
  const talk = new PushToTalk({
    send: ({ type }) => events.push(type),
    respond: () => events.push("response.create"),
    reset: () => events.push("reset"),
    finish: async () => talk.said(held),
    tell: ({ state, ms }) => events.push(`${state} ${ms}`),
  });
  return { talk, events };
}

test("a turn is cleared, said, committed and answered, with what was said last", async () => {
  const { talk, events } = booth(600);
  assert.ok(talk.begin());
  assert.ok(!talk.begin());
  talk.said(2400);
  const ended = talk.end();
  assert.deepEqual([talk.talking, talk.open], [false, true]);
  assert.equal(await ended, "committed");
  assert.deepEqual(events, [
    "reset",
    "input_audio_buffer.clear",
    "talking 0",
    "input_audio_buffer.commit",
    "response.create",
    "committed 125",
  ]);
  assert.ok(!talk.open);
});

test("too short a press is cleared, and never committed", async () => {
  const { talk, events } = booth();
  talk.begin();
  talk.said(2399);
  assert.equal(await talk.end(), "too-short");
  assert.deepEqual(events.slice(3), ["input_audio_buffer.clear", "too-short 99"]);
});

test("a turn that breaks off is cleared, even while its end is awaited", async () => {
  const { talk, events } = booth();
  talk.begin();
  talk.said(4800);
  const ended = talk.end();
  talk.abort();
  assert.equal(await ended, "aborted");
  assert.deepEqual(events.slice(3), ["input_audio_buffer.clear", "aborted 200"]);
  talk.abort();
  assert.equal(await talk.end(), "aborted");
  assert.equal(events.length, 5);
});

test("an answer is timed from the end of speech to its first byte and to its first sample, once", () => {
  const clock = new TurnClock();
  assert.equal(clock.received("item_0", 50), null);
  clock.speechEnded(100);
  assert.deepEqual(clock.received("item_1", 350), { kind: "first-byte", ms: 250, about: "item_1" });
  assert.equal(clock.received("item_1", 360), null);
  assert.equal(clock.heard("item_0", 370), null);
  assert.deepEqual(clock.heard("item_1", 400), { kind: "first-heard", ms: 300, about: "item_1" });
  assert.equal(clock.heard("item_1", 500), null);
});

test("a turn that was interrupted is not timed", () => {
  const clock = new TurnClock();
  clock.speechEnded(100);
  clock.reset();
  assert.equal(clock.received("item_1", 200), null);
  clock.speechEnded(300);
  clock.received("item_2", 400);
  clock.reset();
  assert.equal(clock.heard("item_2", 500), null);
});
