// The page's end of the player: what waits for the audio thread, and how much may.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Player } from "../../../app/web/static/client/player.js";
import { Thread } from "./thread.mjs";

const turns = () => new Promise((resolve) => setImmediate(resolve));

test("audio that comes before the audio thread is there waits for it", async () => {
  const player = new Player();
  player.add("item_1", 0, new Int16Array(2400));
  player.end("item_1", 0);
  player.end("item_unknown", 0);
  const thread = new Thread();
  player.attach(thread);
  thread.play(200);
  await turns();
  assert.deepEqual([player.played("item_1", 0), player.played("item_2", 0), player.playing], [100, 0, false]);
  player.add("item_2", 0, new Int16Array(2400));
  player.detach();
  assert.ok(!player.playing);
  player.add("item_3", 0, new Int16Array(2400));
  assert.ok(!player.playing, "nobody will ever play it");
  player.expect();
  player.add("item_3", 0, new Int16Array(2400));
  assert.deepEqual(
    (await player.flush()).map(({ itemId, played }) => [itemId, played]),
    [["item_3", 0]],
  );
});

test("of what was played only the last is remembered", async () => {
  const player = new Player();
  const thread = new Thread();
  player.attach(thread);
  for (let n = 0; n < 70; n++) {
    player.add(`item_${n}`, 0, new Int16Array(24));
    player.end(`item_${n}`, 0);
    thread.play(2);
    await turns();
  }
  assert.deepEqual([player.played("item_0", 0), player.played("item_69", 0)], [0, 1]);
});

test("a player that plays nothing takes ten minutes, or so many parts, and counts the rest", async () => {
  const player = new Player();
  const minutes = (count) => new Int16Array(count * 60 * 24_000);
  player.add("item_1", 0, minutes(10));
  player.add("item_1", 0, new Int16Array(7));
  player.add("item_2", 0, new Int16Array(0));
  assert.deepEqual([player.overflow, player.pending], [7, ["item_1"]]);
  for (let n = 0; n < 100; n++) {
    await player.flush();
    player.add(`item_${n}`, 0, new Int16Array(1));
  }
  assert.equal(player.pending.length, 1);
  for (let n = 0; n < 100; n++) {
    player.add(`other_${n}`, 0, new Int16Array(1));
  }
  assert.equal(player.pending.length, 64);
});
