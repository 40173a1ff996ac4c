// The client's table of endings says of each code what the relay's does: whether another attempt may help.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { explain } from "../../../app/web/static/client/endings.js";

const DOCUMENT = new URL("../../../docs/endings.md", import.meta.url);

/** The rows of the document that have a WebSocket close code. */
function rows() {
  const cells = readFileSync(DOCUMENT, "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return cells
    .filter((row) => row.length === 7 && /^\d{4}$/.test(row[2]))
    .map((row) => ({ code: Number(row[2]), errors: row[4].match(/[a-z_]+/g) ?? [], retry: row[5] === "yes" }));
}

test("every row of the relay's table is known here, with the same advice", () => {
  assert.ok(rows().length > 15);
  for (const { code, errors, retry } of rows()) {
    const error = errors.length ? { type: "", code: errors[0], message: "" } : null;
    const ending = explain(code, "", error, { begun: !error, reached: true });
    assert.equal(ending.retry, retry, `${code} ${errors}`);
    assert.match(ending.message, /^[A-Z].*\.$/);
    assert.notEqual(ending.message, explain(4999).message, `${code} has no words of its own`);
  }
});

test("nobody is connected again unasked who was idle, whose budget is used up, or who was never let in", () => {
  const cases = [
    [explain(3008), true, false],
    [explain(4429, "", null, { begun: true }), true, false],
    [explain(4429, "", null, { begun: false }), true, true],
    [explain(1006, "", null, { reached: false }), true, false],
    [explain(1006), true, true],
    [explain(1011), true, true],
    [explain(1011, "", { type: "", code: "upstream_refused", message: "" }), false, false],
    [explain(3000), false, false],
    [explain(1000), false, false],
    [explain(0), true, false],
    [explain(4999), true, true],
  ];
  for (const [ending, retry, automatic] of cases) {
    assert.deepEqual([ending.retry, ending.automatic], [retry, automatic], `${ending.code}: ${ending.message}`);
  }
});

test("code, reason and error are handed on as they came", () => {
  const error = { type: "server_error", code: "server_draining", message: "…" };
  const { code, reason, error: told } = explain(1012, "The relay is restarting.", error);
  assert.deepEqual([code, reason, told], [1012, "The relay is restarting.", error]);
});
