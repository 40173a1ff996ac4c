// PCM16 and base64, batches of a microphone, and the ring that speech waits in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Batcher, loudness, mono } from "../../../app/web/static/client/batcher.js";
import { Outgoing } from "../../../app/web/static/client/outgoing.js";
import { appendOf, milliseconds, samplesOf, toBase64, toPcm16 } from "../../../app/web/static/client/pcm.js";
import { Ring } from "../../../app/web/static/client/bounded.js";
import { decibels, gainAt, sine } from "./signals.mjs";

test("base64 is what everybody else writes, for every length", () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => (at * 7) % 256);
  for (const length of [0, 1, 2, 3, 8191, 8192, 8193, 20_000]) {
    assert.equal(toBase64(bytes.subarray(0, length)), Buffer.from(bytes.subarray(0, length)).toString("base64"));
  }
});

test("samples survive the way to base64 and back, the loudest too", () => {
  const samples = Int16Array.of(0, 1, -1, 256, -256, 32_767, -32_768);
  assert.deepEqual(samplesOf(toBase64(new Uint8Array(samples.buffer))), samples);
  assert.deepEqual(samplesOf(Buffer.from([1, 0, 9]).toString("base64")), Int16Array.of(1));
  assert.deepEqual(samplesOf("no base64!"), new Int16Array(0));
});

test("an append is spelt to the byte as the relay takes it unread, of a part of a buffer too", () => {
  const samples = Int16Array.of(9, 1, 2, 9).subarray(1, 3);
  assert.equal(appendOf(samples), '{"type":"input_audio_buffer.append","audio":"AQACAA=="}');
});

test("too loud a sample is clipped and does not wrap", () => {
  assert.deepEqual([2, 1, 0.5, 0, -1, -2].map(toPcm16), [32_767, 32_767, 16_384, 0, -32_768, -32_768]);
});

test("milliseconds are whole, and never more than have passed", () => {
  assert.deepEqual([0, 23, 24, 2399, 2400].map(milliseconds), [0, 0, 1, 99, 100]);
});

for (const rate of [48_000, 44_100, 16_000]) {
  test(`a microphone at ${rate} Hz gives whole batches of 50 ms, and the tone that was sung`, () => {
    const batcher = new Batcher(rate, 50);
    const signal = sine(1000, rate, rate * 2);
    const batches = [];
    for (let at = 0; at < signal.length; at += 128) {
      batches.push(...batcher.push(signal.subarray(at, at + 128)));
    }
    assert.ok(batches.every((batch) => batch.length === 1200));
    assert.equal(batches.length, 39);
    batches.push(...batcher.take());
    const all = batches.flatMap((batch) => [...batch]).map((sample) => sample / 32_768);
    assert.equal(all.length, 48_000);
    assert.ok(Math.abs(decibels(gainAt(all.slice(1000, 40_000), 1000, 24_000) / 0.5)) < 0.05);
  });
}

test("what was reset is in no batch", () => {
  const batcher = new Batcher(24_000, 50);
  batcher.push(sine(1000, 24_000, 1000));
  batcher.reset();
  assert.deepEqual(batcher.take(), []);
});

test("loudness is of full scale, and channels are mixed evenly", () => {
  assert.equal(loudness(Int16Array.of(16_384, -16_384)), 0.5);
  assert.equal(loudness(new Int16Array(0)), 0);
  const [left, right] = [Float32Array.of(1, 0), Float32Array.of(0, -1)];
  assert.deepEqual(mono([left, right]), Float32Array.of(0.5, -0.5));
  assert.equal(mono([left]), left);
});

test("a ring gives out in order what it took, grows, and takes no more than its limit", () => {
  const ring = new Ring(100_000);
  let [written, read] = [0, 0];
  const block = (count) => Int16Array.from({ length: count }, () => written++ % 30_000);
  for (let round = 0; round < 20; round++) {
    assert.equal(ring.write(block(9000)), 9000);
    for (let n = 0; n < 5000; n++) {
      assert.equal(ring.read(), read++ % 30_000);
    }
  }
  assert.equal(ring.length, 80_000);
  assert.equal(ring.write(new Int16Array(50_000)), 20_000);
  assert.equal(ring.write(new Int16Array(1)), 0);
  assert.equal(ring.read(), read % 30_000);
  ring.clear();
  assert.equal(ring.length, 0);
});

test("audio that finds too much waiting is dropped, counted, and told once a second", () => {
  const connection = { bufferedAmount: 0, sent: [], send: (text) => connection.sent.push(text) > 0 };
  const told = [];
  const outgoing = new Outgoing(connection, 1000, (dropped) => told.push(dropped));
  const batch = new Int16Array(1200);
  assert.ok(outgoing.send(batch, 0));
  connection.bufferedAmount = 1001;
  [10, 20, 500, 1009, 1010].forEach((now) => assert.ok(!outgoing.send(batch, now)));
  connection.bufferedAmount = 1000;
  assert.ok(outgoing.send(batch, 1020));
  assert.deepEqual([outgoing.sent, outgoing.dropped, connection.sent.length], [2, 5, 2]);
  assert.deepEqual(told, [
    { batches: 1, total: 1, bufferedAmount: 1001 },
    { batches: 4, total: 5, bufferedAmount: 1001 },
  ]);
});

test("audio without a session goes nowhere, and counts for nothing", () => {
  const outgoing = new Outgoing({ bufferedAmount: 0, send: () => false }, 1000, assert.fail);
  assert.equal(outgoing.send(new Int16Array(1200), 0), false);
  assert.deepEqual([outgoing.sent, outgoing.dropped], [0, 0]);
});
