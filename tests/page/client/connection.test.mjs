// How a connection is made, lost, and made again. The socket, the timers and chance are the test's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BACK_OFF } from "../../../app/web/static/client/options.js";
import { Script } from "./script.mjs";

test("it is open when the session has begun, and not before", async () => {
  const script = new Script();
  await script.open();
  assert.equal(script.connection.send("x"), false);
  script.socket.say({ type: "session.created", session: null });
  assert.equal(script.connection.state, "connecting");
  script.socket.say({ type: "session.created" });
  assert.deepEqual(script.states(), ["connecting", "open"]);
  assert.equal(script.connection.send("x"), true);
  assert.deepEqual(script.socket.sent, ["x"]);
});

test("a refusal is told with what the relay said, and no attempt follows", async () => {
  const script = new Script();
  await script.open();
  script.socket.say({ type: "error", error: { code: "ticket_unusable", message: "This ticket …" } });
  script.socket.end(3000, "This ticket …");
  assert.deepEqual(script.states(), ["connecting", "closed"]);
  const { code, reason, retry, error } = script.connection.ending;
  assert.deepEqual([code, reason, retry, error.code], [3000, "This ticket …", false, "ticket_unusable"]);
  assert.equal(script.timers.length, 0);
});

test("each attempt has a ticket of its own", async () => {
  let count = 0;
  const script = new Script({ ticket: async () => `ek_${++count}` });
  await script.open();
  script.socket.say({ type: "session.created" });
  script.socket.end(1012, "The relay is restarting.");
  assert.equal(script.connection.state, "reconnecting");
  await script.elapse();
  assert.deepEqual(
    script.sockets.map(({ protocols }) => protocols[1]),
    ["openai-insecure-api-key.ek_1", "openai-insecure-api-key.ek_2"],
  );
});

test("its waits grow, it gives up after the last attempt, and says which one it makes", async () => {
  const script = new Script({ backOff: { ...BACK_OFF, attempts: 3 } });
  await script.open();
  script.socket.say({ type: "session.created" });
  for (let n = 0; n < 4; n++) {
    script.socket.end(1006, "");
    await script.elapse();
  }
  const told = script.changes.map(({ state, attempt, delayMs }) => [state, attempt, delayMs]);
  assert.deepEqual(told, [
    ["connecting", 0, null],
    ["open", 0, null],
    ["reconnecting", 1, 250],
    ["reconnecting", 1, null],
    ["reconnecting", 2, 500],
    ["reconnecting", 2, null],
    ["reconnecting", 3, 1000],
    ["reconnecting", 3, null],
    ["closed", 3, null],
  ]);
});

test("attempts are counted anew after a connection that was stable, and only then", async () => {
  const script = new Script();
  await script.open();
  for (const openFor of [30_000, 29_999, 30_000]) {
    script.socket.say({ type: "session.created" });
    script.time += openFor;
    script.socket.end(1012, "");
    await script.elapse();
  }
  const attempts = script.changes.filter(({ delayMs }) => delayMs !== null).map(({ attempt }) => attempt);
  assert.deepEqual(attempts, [1, 2, 1]);
});

test("a relay that was never reached is not called again unasked", async () => {
  const script = new Script();
  await script.open();
  script.socket.end(1006, "");
  assert.deepEqual([script.connection.state, script.connection.ending.retry], ["closed", true]);
  script.connection.retry();
  await script.settled();
  assert.equal(script.sockets.length, 2);
});

test("whoever is asked to retry does not wait, and the wait that was on is off", async () => {
  const script = new Script();
  await script.open();
  script.socket.say({ type: "session.created" });
  script.socket.end(1012, "");
  script.connection.retry();
  await script.settled();
  assert.deepEqual([script.sockets.length, script.timers.length], [2, 1]);
  script.socket.say({ type: "session.created" });
  assert.deepEqual([script.connection.state, script.timers.length], ["open", 0]);
});

test("a relay that says nothing is given up after a while", async () => {
  const script = new Script();
  await script.open();
  await script.elapse();
  assert.deepEqual([script.connection.state, script.connection.ending.code], ["closed", 1006]);
  assert.deepEqual(script.socket.closed, [1000]);
});

test("without its ticket no connection is tried; one that had been open tries again", async () => {
  const answers = ["ek_1", new Error("The backend is away."), "ek_2"];
  const ticket = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  };
  const script = new Script({ ticket });
  await script.open();
  script.socket.say({ type: "session.created" });
  script.socket.end(1012, "");
  await script.elapse();
  assert.deepEqual([script.connection.ending.code, script.connection.ending.reason], [0, "The backend is away."]);
  assert.deepEqual([script.connection.state, script.sockets.length], ["reconnecting", 1]);
  await script.elapse();
  assert.equal(script.sockets.length, 2);

  const first = new Script({ ticket: () => Promise.reject("no") });
  await first.open();
  assert.deepEqual([first.connection.state, first.connection.ending.reason], ["closed", "no"]);
});

test("who closes it is done with it, whatever the socket still says", async () => {
  const script = new Script();
  await script.open();
  script.socket.say({ type: "session.created" });
  script.connection.close();
  script.socket.say({ type: "response.done" });
  script.socket.end(1006, "");
  assert.deepEqual(script.states(), ["connecting", "open", "closed"]);
  assert.deepEqual([script.connection.ending.code, script.socket.closed], [1000, [1000]]);
  assert.deepEqual(
    script.messages.map(({ type }) => type),
    ["session.created"],
  );
  script.connection.close();
  assert.equal(script.changes.length, 3);
});

test("who closes it while it waits for a ticket opens no socket", async () => {
  const script = new Script({ ticket: async () => "ek_1" });
  script.connection.open();
  script.connection.close();
  await script.settled();
  assert.deepEqual([script.sockets.length, script.connection.state], [0, "closed"]);
});

test("without a back-off it never comes back by itself", async () => {
  const script = new Script({ backOff: null });
  await script.open();
  script.socket.say({ type: "session.created" });
  script.socket.end(1012, "");
  assert.deepEqual([script.connection.state, script.connection.ending.automatic], ["closed", true]);
});

test("an error about one event is no reason for the end that follows", async () => {
  const script = new Script();
  await script.open();
  script.socket.say({ type: "session.created" });
  script.socket.say({ type: "error", error: { code: "upstream_refused", event_id: "event_1" } });
  script.socket.end(1011, "");
  assert.deepEqual([script.connection.ending.error, script.connection.ending.automatic], [null, true]);
});

test("a socket that is closing takes nothing, and nothing is said to be sent", async () => {
  const script = new Script();
  await script.open();
  script.socket.say({ type: "session.created" });
  script.socket.readyState = 2;
  assert.equal(script.connection.send("x"), false);
  assert.deepEqual(script.socket.sent, []);
});

test("what is no event is nobody's", async () => {
  const script = new Script();
  await script.open();
  const strange = ["", "{", "null", "1", '"x"', "[]", "{}", '{"type":1}', new Uint8Array(4), new Blob(["{}"])];
  strange.forEach((data) => script.socket.dispatchEvent(new MessageEvent("message", { data })));
  script.socket.say({ type: "error" });
  script.socket.end(1011, "");
  assert.deepEqual(
    script.messages.map(({ type }) => type),
    ["error"],
  );
  assert.equal(script.connection.ending.error, null);
});

test("a ticket or an address that is of no use is told in words that do not name it", async () => {
  const dial = (_, [, ticket]) => {
    throw new SyntaxError(`The subprotocol '${ticket}' is invalid.`);
  };
  for (const wiring of [{ dial }, { url: () => String(new URL("no address")) }]) {
    const script = new Script({ ticket: async () => "<html>secret</html>", ...wiring });
    await script.open();
    const { code, reason, retry } = script.connection.ending;
    assert.deepEqual(
      [script.connection.state, code, retry, reason],
      ["closed", 0, true, "The relay's address or the ticket is not valid."],
    );
    assert.equal(script.timers.length, 0);
  }
});

test("who gets no ticket, and knows that asking again is of no use, is not asked again", async () => {
  let error = null;
  const ticket = async () => {
    if (error) {
      throw error;
    }
  };
  const script = new Script({ ticket });
  await script.open();
  script.socket.say({ type: "session.created" });
  error = Object.assign(new Error("The key is not known."), { retry: false });
  script.socket.end(1012, "");
  await script.elapse();
  assert.deepEqual([script.connection.state, script.connection.ending.retry], ["closed", false]);
});
