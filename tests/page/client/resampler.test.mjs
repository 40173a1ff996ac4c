// What a resampler keeps, what it takes away, and that a stream in pieces is the same stream.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Resampler } from "../../../app/web/static/client/resampler.js";
import { decibels, gainAt, rmsOf, sine } from "./signals.mjs";

/** Resample a whole signal, in blocks of a size. */
function resampled(signal, from, to, block = 128) {
  const resampler = new Resampler(from, to);
  const out = [];
  const piece = new Float32Array(512);
  const drain = () => {
    for (let count = resampler.pull(piece); count; count = resampler.pull(piece)) {
      out.push(...piece.subarray(0, count));
    }
  };
  for (let at = 0; at < signal.length; at += block) {
    resampler.push(signal.subarray(at, at + block));
    drain();
  }
  resampler.flush();
  drain();
  return Float32Array.from(out);
}

const PAIRS = [
  [48_000, 24_000],
  [44_100, 24_000],
  [16_000, 24_000],
  [96_000, 24_000],
  [8_000, 24_000],
  [24_000, 48_000],
  [24_000, 44_100],
  [24_000, 24_000],
];

for (const [from, to] of PAIRS) {
  test(`${from} to ${to} Hz: a tone of 1 kHz stays what it is`, () => {
    const out = resampled(sine(1000, from, from), from, to);
    const middle = out.subarray(2000, out.length - 2000);
    assert.ok(Math.abs(decibels(gainAt(middle, 1000, to) / 0.5)) < 0.05);
    // Nothing else is there: what is left without the tone is 70 dB below it.
    const ideal = sine(1000, to, out.length).subarray(2000, out.length - 2000);
    const rest = middle.map((sample, at) => sample - ideal[at]);
    assert.ok(decibels(rmsOf(rest) / rmsOf(ideal)) < -70, `${decibels(rmsOf(rest) / rmsOf(ideal))} dB`);
  });

  test(`${from} to ${to} Hz: the count is exact over a minute`, () => {
    const resampler = new Resampler(from, to);
    const block = new Float32Array(128);
    const out = new Float32Array(1024);
    const blocks = Math.floor((60 * from) / block.length);
    let count = 0;
    for (let n = 0; n < blocks; n++) {
      resampler.push(block);
      count += resampler.pull(out);
    }
    resampler.flush();
    count += resampler.pull(out);
    assert.equal(count, Math.ceil((blocks * block.length * to) / from));
  });
}

test("what the lower rate cannot carry is taken away, and does not come back as another tone", () => {
  for (const hertz of [12_100, 13_000, 15_000, 20_000, 23_000]) {
    const out = resampled(sine(hertz, 48_000, 48_000), 48_000, 24_000).subarray(1000, 23_000);
    assert.ok(decibels(rmsOf(out) / rmsOf(sine(hertz, 48_000, 48_000))) < -60, `${hertz} Hz`);
  }
});

test("no mirror of speech is heard above the lower rate when it is raised", () => {
  const out = resampled(sine(9000, 24_000, 24_000), 24_000, 48_000).subarray(2000, 46_000);
  assert.ok(decibels(gainAt(out, 9000, 48_000) / 0.5) > -0.5);
  assert.ok(decibels(gainAt(out, 15_000, 48_000) / 0.5) < -60);
});

test("blocks leave no trace: the same samples in other blocks give the same output, to the bit", () => {
  const signal = sine(440, 44_100, 44_100);
  const whole = resampled(signal, 44_100, 24_000, signal.length);
  for (const block of [1, 7, 128, 1000]) {
    assert.deepEqual(resampled(signal, 44_100, 24_000, block), whole);
  }
});

test("a tone has no jump anywhere", () => {
  const out = resampled(sine(1000, 44_100, 44_100), 44_100, 24_000);
  const steepest = 0.5 * 2 * Math.PI * (1000 / 24_000);
  const jumps = out.subarray(100, -100).map((sample, at, all) => (at ? Math.abs(sample - all[at - 1]) : 0));
  assert.ok(Math.max(...jumps) <= steepest * 1.001);
});

test("it says how much input is wanted for so much output, and that suffices, and no less does", () => {
  for (const [from, to] of PAIRS) {
    const resampler = new Resampler(from, to);
    const out = new Float32Array(128);
    for (let n = 0; n < 50; n++) {
      const wanted = resampler.wanted(out.length);
      if (wanted) {
        resampler.push(new Float32Array(wanted - 1));
        assert.ok(resampler.ready < out.length);
        resampler.push(new Float32Array(1));
      }
      assert.equal(resampler.pull(out), out.length);
    }
  }
});

test("after a reset nothing is left of the stream before", () => {
  const resampler = new Resampler(48_000, 24_000);
  const out = new Float32Array(1000);
  resampler.push(sine(1000, 48_000, 1000));
  resampler.pull(out);
  resampler.reset();
  resampler.push(new Float32Array(1000));
  resampler.flush();
  assert.equal(resampler.pull(out), 500);
  assert.equal(rmsOf(out.subarray(0, 500)), 0);
});
