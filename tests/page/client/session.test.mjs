// What is asked of a session, and what becomes of what was sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SentEvents } from "../../../app/web/static/client/outgoing.js";
import { SessionWishes, merged } from "../../../app/web/static/client/session.js";

const detection = (value) => ({ audio: { input: { turn_detection: value } } });
const SEMANTIC = { type: "semantic_vad", eagerness: "low" };

test("voice mode asks for nothing that the page does not name", () => {
  assert.equal(new SessionWishes({}, "voice", null).first(), null);
  assert.deepEqual(new SessionWishes({ instructions: "Hi." }, "voice", null).first(), {
    type: "realtime",
    instructions: "Hi.",
  });
  assert.deepEqual(new SessionWishes({}, "voice", SEMANTIC).first(), { type: "realtime", ...detection(SEMANTIC) });
});

test("push-to-talk has no turn detection, whatever else is asked for", () => {
  const wishes = new SessionWishes(detection(SEMANTIC), "push-to-talk", null);
  assert.deepEqual(wishes.first(), { type: "realtime", ...detection(null) });
  assert.deepEqual(wishes.add({ instructions: "Hi." }), {
    type: "realtime",
    instructions: "Hi.",
    ...detection(null),
  });
});

test("back in voice mode the page's turn detection holds, else the session's own, else the usual one", () => {
  const given = new SessionWishes({}, "push-to-talk", SEMANTIC);
  given.seen(detection({ type: "server_vad" }));
  assert.deepEqual(given.change("voice"), { type: "realtime", ...detection(SEMANTIC) });

  const learnt = new SessionWishes({}, "voice", null);
  learnt.seen(detection({ type: "server_vad", threshold: 0.7 }));
  assert.deepEqual(learnt.change("push-to-talk"), { type: "realtime", ...detection(null) });
  learnt.seen(detection(null));
  assert.deepEqual(learnt.change("voice"), {
    type: "realtime",
    ...detection({ type: "server_vad", threshold: 0.7 }),
  });
  assert.equal(learnt.first(), null);

  const unknown = new SessionWishes({}, "push-to-talk", null);
  assert.deepEqual(unknown.change("voice"), { type: "realtime", ...detection({ type: "server_vad" }) });
});

test("what was asked for is asked of the next session too", () => {
  const wishes = new SessionWishes({ audio: { output: { voice: "alloy" } } }, "voice", null);
  wishes.add({ audio: { output: { voice: "echo" }, input: { transcription: null } } });
  assert.deepEqual(wishes.first(), {
    type: "realtime",
    audio: { output: { voice: "echo" }, input: { transcription: null } },
  });
});

test("one thing is replaced whole, and not mixed with what it was", () => {
  assert.deepEqual(
    merged(detection(SEMANTIC), detection({ type: "server_vad" })),
    detection({ type: "server_vad" }),
  );
  assert.deepEqual(merged({ tools: [1] }, { tools: [] }), { tools: [] });
});

test("a refusal finds the event that it is about, once", () => {
  const sent = new SentEvents();
  const event = { type: "session.update", event_id: "event_1", session: {} };
  sent.remember(event, 10);
  assert.equal(sent.refused("event_2"), null);
  assert.equal(sent.refused("event_1"), event);
  assert.equal(sent.refused("event_1"), null);
  assert.equal(sent.acknowledged({ type: "session.updated" }), null);
  assert.equal(sent.refused(null), null);
});

test("an acknowledgement finds its event by the item, or in order", () => {
  const sent = new SentEvents();
  const create = (id) => ({ type: "conversation.item.create", event_id: `event_${id}`, item: { id } });
  sent.remember(create("a"), 1);
  sent.remember(create("b"), 2);
  sent.remember({ type: "session.update", event_id: "u1" }, 3);
  sent.remember({ type: "session.update", event_id: "u2" }, 4);
  const at = (event) => sent.acknowledged(event)?.at ?? null;
  assert.equal(at({ type: "conversation.item.added", item: { id: "somebody's" } }), null);
  assert.equal(at({ type: "conversation.item.added", item: { id: "b" } }), 2);
  assert.equal(at({ type: "conversation.item.added", item: { id: "b" } }), null);
  assert.deepEqual(
    [3, 4, null],
    [1, 2, 3].map(() => at({ type: "session.updated" })),
  );
  assert.equal(at({ type: "response.created" }), null);
});

test("of what is never settled only the last is kept, and nothing of another connection", () => {
  const sent = new SentEvents();
  for (let n = 0; n < 300; n++) {
    sent.remember({ type: "response.create", event_id: `event_${n}` }, n);
  }
  assert.equal(sent.refused("event_43"), null);
  assert.equal(sent.refused("event_44")?.event_id, "event_44");
  sent.forget();
  assert.equal(sent.refused("event_299"), null);
});

test("ids are of a length that the service takes, and none is made twice", () => {
  const sent = new SentEvents();
  const ids = Array.from({ length: 1000 }, () => sent.newId("item"));
  assert.equal(new Set(ids).size, 1000);
  assert.ok(ids.every((id) => id.length <= 32 && /^item_\w+$/.test(id)));
  assert.equal(new SentEvents(() => 0).newId("event"), "event_000000001");
});

test("what is undefined is asked for no more, and an update that says nothing is none", () => {
  const wishes = new SessionWishes({ audio: { output: { voice: "alloy" } }, instructions: "Hi." }, "voice", null);
  assert.equal(wishes.add({ audio: { output: { voice: undefined } } }), null);
  assert.deepEqual(wishes.first(), { type: "realtime", instructions: "Hi." });
  assert.deepEqual(wishes.add({ instructions: undefined, tools: [] }), { type: "realtime", tools: [] });
  wishes.add({ tools: undefined });
  assert.equal(wishes.first(), null);
});
