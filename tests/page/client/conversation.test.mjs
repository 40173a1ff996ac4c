// The page's end of a conversation, with the real queue in the place of the audio thread.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../../app/web/static/client/conversation.js";
import { toBase64 } from "../../../app/web/static/client/pcm.js";
import { Player } from "../../../app/web/static/client/player.js";
import { Thread } from "./thread.mjs";

function conversing({ bargeIn = true } = {}) {
  const player = new Player();
  const thread = new Thread();
  player.attach(thread);
  const [sent, told] = [[], []];
  const conversation = new Conversation({
    sound: { player, heardAt: () => 500 },
    send: (event) => sent.push(event),
    tell: (type, detail) => told.push([type, detail]),
    now: () => 400,
    bargeIn,
  });
  return { conversation, player, thread, sent, told };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));
const silence = (ms) => toBase64(new Uint8Array(ms * 48));
const delta = (ms, item = "item_1", response = "resp_1") => ({
  type: "response.output_audio.delta",
  item_id: item,
  response_id: response,
  content_index: 0,
  delta: silence(ms),
});
const CREATED = { type: "response.created", response: { id: "resp_1", conversation_id: "conv_1" } };
const DONE = { type: "response.done", response: { id: "resp_1" } };
const AUDIO_DONE = { type: "response.output_audio.done", item_id: "item_1", content_index: 0 };
const STARTED = { type: "input_audio_buffer.speech_started", item_id: "item_9" };

const session = (interrupt) => ({
  type: "session.created",
  session: { audio: { input: { turn_detection: { type: "server_vad", interrupt_response: interrupt } } } },
});

test("speech stops the answer, and the service hears where", async () => {
  const { conversation, thread, sent, told } = conversing();
  [session(true), CREATED, delta(1000), AUDIO_DONE, DONE].forEach((event) => conversation.hear(event));
  thread.play(300);
  await turns();
  conversation.hear(STARTED);
  await turns();
  assert.deepEqual(sent, [
    { type: "conversation.item.truncate", item_id: "item_1", content_index: 0, audio_end_ms: 300 },
  ]);
  const [, interrupted] = told.at(-1);
  assert.deepEqual([interrupted.playedMs, interrupted.receivedMs], [300, 1000]);
  assert.equal(thread.queue.current, null);
});

test("a service that stops by itself is not told to; another one is, and late deltas are dropped", async () => {
  for (const [interrupts, types] of [
    [true, ["conversation.item.truncate"]],
    [false, ["response.cancel", "conversation.item.truncate"]],
  ]) {
    const { conversation, player, sent } = conversing();
    [session(interrupts), CREATED, delta(1000), STARTED].forEach((event) => conversation.hear(event));
    await turns();
    assert.deepEqual(
      sent.map(({ type }) => type),
      types,
    );
    conversation.hear(delta(1000));
    assert.ok(!player.playing);
  }
});

test("what was heard whole is left as it is, and so is silence", async () => {
  const { conversation, thread, sent, told } = conversing();
  [session(true), CREATED, delta(100), AUDIO_DONE, DONE].forEach((event) => conversation.hear(event));
  thread.play(200);
  await turns();
  assert.deepEqual(
    told.slice(1).map(([, { state }]) => state),
    ["started", "finished"],
  );
  conversation.hear(STARTED);
  await turns();
  assert.deepEqual(sent, []);
  assert.equal(told.length, 3);
});

test("what plays on after the connection was lost is truncated in no other session", async () => {
  const { conversation, thread, sent, told } = conversing();
  [session(true), CREATED, delta(1000)].forEach((event) => conversation.hear(event));
  thread.play(100);
  await turns();
  conversation.lost();
  conversation.hear(session(true));
  conversation.hear(STARTED);
  await turns();
  assert.deepEqual(sent, []);
  assert.equal(told.at(-1)[1].audioEndMs, null);
});

test("who does not want to be interrupted is not, but by the page", async () => {
  const { conversation, player, sent } = conversing({ bargeIn: false });
  [session(true), CREATED, delta(1000), STARTED].forEach((event) => conversation.hear(event));
  await turns();
  assert.ok(player.playing);
  await conversation.interrupt();
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["response.cancel", "conversation.item.truncate"],
  );
});

test("what was played since the last report counts: a flush is answered exactly", async () => {
  const { conversation, thread, sent } = conversing();
  [session(true), CREATED, delta(1000), DONE].forEach((event) => conversation.hear(event));
  thread.play(200);
  await turns();
  thread.queue.render(new Float32Array(10 * 24));
  await conversation.interrupt();
  assert.deepEqual(
    sent.map(({ audio_end_ms: end }) => end),
    [210],
  );
});

test("an audio thread that does not answer is not waited for: its last word counts", async () => {
  const { conversation, thread, sent } = conversing();
  [session(true), CREATED, delta(1000), DONE].forEach((event) => conversation.hear(event));
  thread.play(200);
  await turns();
  thread.play(0);
  thread.deaf = true;
  await Promise.all([conversation.interrupt(), conversation.interrupt()]);
  assert.deepEqual(
    sent.map(({ audio_end_ms: end }) => end),
    [200],
  );
});

test("another answer waits until the one that was cancelled has ended", async () => {
  const { conversation } = conversing();
  conversation.hear(CREATED);
  let quiet = false;
  const waited = conversation.quiet().then(() => (quiet = true));
  await turns();
  assert.ok(!quiet && conversation.responding);
  conversation.hear(DONE);
  await waited;
  await conversation.quiet();
  assert.ok(!conversation.responding);
});

test("an answer is timed from the end of the user's speech", async () => {
  const { conversation, thread, told } = conversing();
  conversation.hear({ type: "input_audio_buffer.speech_stopped" });
  [CREATED, delta(100)].forEach((event) => conversation.hear(event));
  thread.play(10);
  await turns();
  const latency = told.filter(([type]) => type === "latency").map(([, detail]) => detail);
  assert.deepEqual(latency, [
    { kind: "first-byte", ms: 0, about: "item_1" },
    { kind: "first-heard", ms: 100, about: "item_1" },
  ]);
});

test("who goes on speaking stops nothing twice; a button stops what the service was trusted to", async () => {
  const types = (sent) => sent.map(({ type }) => type);
  const own = conversing();
  [session(false), CREATED, delta(1000), STARTED].forEach((event) => own.conversation.hear(event));
  await turns();
  own.conversation.hear(STARTED);
  await own.conversation.interrupt();
  assert.deepEqual(types(own.sent), ["response.cancel", "conversation.item.truncate"]);

  const trusted = conversing();
  [session(true), CREATED, STARTED].forEach((event) => trusted.conversation.hear(event));
  assert.deepEqual(types(trusted.sent), []);
  await trusted.conversation.interrupt();
  assert.deepEqual(types(trusted.sent), ["response.cancel"]);
});

test("what comes while the audio thread is asked is late already, of an unknown response too", async () => {
  const { conversation, player, thread, sent, told } = conversing();
  [session(true), delta(1000)].forEach((event) => conversation.hear(event));
  thread.play(200);
  await turns();
  const interrupted = conversation.interrupt();
  conversation.hear(delta(1000));
  await interrupted;
  thread.play(100);
  await turns();
  assert.deepEqual([sent[0].audio_end_ms, told.at(-1)[1].receivedMs, player.playing], [200, 1000, false]);
  assert.equal(thread.queue.current, null);
});

test("an answer that is waited for in a session that ends is wanted in no other", async () => {
  const { conversation } = conversing();
  conversation.hear(CREATED);
  const waited = conversation.quiet();
  conversation.lost();
  assert.equal(await waited, false);
  assert.equal(await conversation.quiet(), true);
});

test("a response that ends without a word about its audio is played to its end", async () => {
  const { conversation, player, thread } = conversing();
  [session(true), CREATED, delta(100), DONE].forEach((event) => conversation.hear(event));
  assert.ok(player.playing);
  thread.play(200);
  await turns();
  assert.ok(!player.playing);
});
