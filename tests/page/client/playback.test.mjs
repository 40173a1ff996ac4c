// What is played when, and how much of it counts as heard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PlaybackQueue } from "../../../app/web/static/client/playback-queue.js";
import { decibels, gainAt, rmsOf, sine } from "./signals.mjs";

const BLOCK = 128;

function tone(count, hertz = 1000) {
  return Int16Array.from(sine(hertz, 24_000, count), (sample) => sample * 32_768);
}

/** Render so many blocks. */
function rendered(queue, blocks) {
  const out = new Float32Array(blocks * BLOCK);
  for (let n = 0; n < blocks; n++) {
    queue.render(out.subarray(n * BLOCK, (n + 1) * BLOCK));
  }
  return out;
}

const states = (queue) => queue.takeNews().map(({ state, part }) => [state, part.itemId, part.played]);

for (const rate of [48_000, 44_100, 24_000]) {
  test(`at ${rate} Hz an item is heard whole, as it was sung, and its samples are counted exactly`, () => {
    const queue = new PlaybackQueue(rate);
    const samples = tone(24_000);
    for (let at = 0; at < samples.length; at += 5000) {
      queue.add("item_1", 0, samples.slice(at, at + 5000));
    }
    queue.end("item_1", 0);
    const out = rendered(queue, Math.ceil(rate / BLOCK) + 2);
    assert.deepEqual(states(queue), [
      ["started", "item_1", 0],
      ["finished", "item_1", 24_000],
    ]);
    const middle = out.subarray(2000, rate - 2000);
    assert.ok(Math.abs(decibels(gainAt(middle, 1000, rate) / 0.5)) < 0.1);
    assert.equal(queue.underruns, 0);
    assert.equal(queue.current, null);
  });
}

test("a flush says exactly how much was played, and silences the rest", () => {
  const queue = new PlaybackQueue(48_000);
  queue.add("item_1", 0, tone(24_000));
  queue.add("item_2", 1, tone(24_000));
  rendered(queue, 100);
  const heard = queue.current.played;
  // 100 blocks are 6400 samples of the wire, and what the filter must see ahead of time.
  assert.ok(heard >= 6400 && heard <= 6400 + 24);
  assert.deepEqual(queue.flush(), [
    { itemId: "item_1", contentIndex: 0, played: heard },
    { itemId: "item_2", contentIndex: 1, played: 0 },
  ]);
  rendered(queue, 2);
  assert.equal(rmsOf(rendered(queue, 10)), 0);
  assert.equal(queue.level, 0);
  assert.deepEqual(queue.flush(), []);
});

test("items follow each other without a gap, and one that was never ended ends where the next begins", () => {
  const queue = new PlaybackQueue(24_000);
  const samples = tone(12_000);
  queue.add("item_1", 0, samples.slice(0, 5000));
  queue.add("item_2", 0, samples.slice(5000));
  queue.end("item_2", 0);
  const out = rendered(queue, 95);
  assert.deepEqual(states(queue), [
    ["started", "item_1", 0],
    ["finished", "item_1", 5000],
    ["started", "item_2", 0],
    ["finished", "item_2", 7000],
  ]);
  assert.ok(out.subarray(0, 12_000).every((sample, at) => Math.abs(sample - samples[at] / 32_768) < 1e-6));
});

test("sound that is missing in the middle is an underrun, and silence counts for nobody", () => {
  const queue = new PlaybackQueue(24_000);
  queue.add("item_1", 0, tone(1280));
  rendered(queue, 50);
  assert.deepEqual([queue.underruns, queue.current.played], [1, 1280]);
  queue.add("item_1", 0, tone(1280));
  queue.end("item_1", 0);
  rendered(queue, 50);
  assert.equal(queue.underruns, 1);
  assert.deepEqual(states(queue).at(-1), ["finished", "item_1", 2560]);
});

test("nothing is played before enough is there, unless there will be no more", () => {
  const queue = new PlaybackQueue(24_000, 100);
  queue.add("item_1", 0, tone(2399));
  assert.equal(rmsOf(rendered(queue, 5)), 0);
  queue.add("item_1", 0, tone(1));
  assert.ok(rmsOf(rendered(queue, 5)) > 0.1);
  queue.flush();
  queue.add("item_2", 0, tone(100));
  assert.equal(queue.current.played, 0);
  queue.end("item_2", 0);
  rendered(queue, 5);
  assert.deepEqual(states(queue).at(-1), ["finished", "item_2", 100]);
});

test("an item without audio is waited for without an end", () => {
  const queue = new PlaybackQueue(24_000);
  queue.add("item_1", 0, tone(128));
  queue.add("item_2", 0, new Int16Array(0));
  assert.equal(rmsOf(rendered(queue, 20).subarray(256)), 0);
  queue.add("item_2", 0, tone(128));
  assert.ok(rmsOf(rendered(queue, 20)) > 0.01);
});

test("what passes the limit is lost, and counted", () => {
  const queue = new PlaybackQueue(24_000, 0, 1000);
  queue.add("item_1", 0, tone(1500));
  queue.end("item_1", 0);
  rendered(queue, 20);
  assert.equal(queue.overflow, 500);
  assert.deepEqual(states(queue).at(-1), ["finished", "item_1", 1000]);
});

test("the end of what is not there changes nothing", () => {
  const queue = new PlaybackQueue(24_000);
  queue.end("item_1", 0);
  assert.equal(rmsOf(rendered(queue, 3)), 0);
  assert.deepEqual(queue.takeNews(), []);
});
