// A microphone that is asked for, and what becomes of it when not all goes well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Microphone } from "../../../app/web/static/client/microphone.js";

const stopped = [];
const track = { stop: () => stopped.push("stopped") };
let answer = async () => ({ getTracks: () => [track] });
globalThis.navigator ??= {};
Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: () => answer() } });

const turns = () => new Promise((resolve) => setImmediate(resolve));

function listened() {
  const microphone = new Microphone({});
  const told = [];
  microphone.addEventListener("change", ({ detail }) => told.push(detail.error?.name));
  return { microphone, told };
}

test("a microphone that nothing can be done with is let go", async () => {
  const { microphone, told } = listened();
  const failed = microphone.start(async () => {
    throw new Error("The worklets are not there.");
  });
  await assert.rejects(failed, { name: "Error" });
  await turns();
  assert.deepEqual([stopped.splice(0), microphone.on, told], [["stopped"], false, ["Error"]]);
});

test("a denial that nobody waits for any more is the asker's, and nobody else's", async () => {
  const { microphone, told } = listened();
  answer = async () => {
    throw Object.assign(new Error("no"), { name: "NotAllowedError" });
  };
  const asked = microphone.start(async () => null);
  microphone.stop();
  await assert.rejects(asked, { name: "NotAllowedError" });
  assert.deepEqual(told, []);
});
