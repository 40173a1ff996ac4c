// What the browser is asked for: an address, subprotocols, and when to come back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BACK_OFF, delayBefore, relayUrl, subprotocols } from "../../../app/web/static/client/options.js";

test("the address is the page's own unless told otherwise, and says what is asked for", () => {
  assert.equal(relayUrl({}, "https://app.example/talk?a=1#b"), "wss://app.example/v1/realtime");
  assert.equal(
    relayUrl({ url: "http://localhost:8000/openai/v1/realtime?x=1", model: "m", profile: "p q" }, "https://a/"),
    "ws://localhost:8000/openai/v1/realtime?x=1&model=m&profile=p+q",
  );
  const whole = { url: "wss://relay.example/v1/realtime", model: null, relayEvents: true, query: { a: "b" } };
  assert.equal(relayUrl(whole, "https://a/"), "wss://relay.example/v1/realtime?relay=v1&a=b");
});

test("a ticket stands in a subprotocol, behind the one that is selected", () => {
  assert.deepEqual(subprotocols("ek_1"), ["realtime", "openai-insecure-api-key.ek_1"]);
  assert.deepEqual([null, undefined, ""].map(subprotocols), [["realtime"], ["realtime"], ["realtime"]]);
});

test("a wait grows to its cap, and is anything up to that", () => {
  const waits = [1, 2, 3, 4, 5, 6, 20].map((attempt) => delayBefore(attempt, BACK_OFF, () => 0.5));
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 7500, 7500]);
  assert.equal(
    delayBefore(9, BACK_OFF, () => 0),
    0,
  );
});
