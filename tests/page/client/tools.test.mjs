// Calls of tools, as a transcript tells them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { added, folded, message } from "./telling.mjs";

test("a call has its arguments as they come, and its result when somebody gives one", () => {
  const call = { id: "item_3", type: "function_call", name: "search", call_id: "call_1", arguments: "" };
  const argue = (type, fields) => ({
    type: `response.function_call_arguments.${type}`,
    item_id: "item_3",
    ...fields,
  });
  const transcript = folded(
    { type: "response.output_item.added", response_id: "resp_1", item: call },
    argue("delta", { delta: '{"a"' }),
    argue("delta", { delta: ": 1}" }),
  );
  assert.deepEqual(transcript.entries[0].tool, {
    name: "search",
    callId: "call_1",
    arguments: '{"a": 1}',
    result: null,
  });
  transcript.apply(argue("done", { arguments: '{"a":1}' }));
  transcript.apply({
    type: "response.output_item.done",
    response_id: "resp_1",
    item: { ...call, arguments: '{"a":1}' },
  });
  transcript.apply(
    added({ id: "item_4", type: "function_call_output", call_id: "call_1", output: "42" }, "item_3"),
  );
  transcript.apply(added(message("item_5", "assistant", []), "item_4"));
  assert.deepEqual(
    transcript.entries.map(({ id }) => id),
    ["item_3", "item_5"],
  );
  const { kind, final, tool } = transcript.entries[0];
  assert.deepEqual([kind, final, tool.arguments, tool.result], ["tool", true, '{"a":1}', "42"]);
});

test("a tool that the relay has called is told with its result, whether the call was seen or not", () => {
  const result = { type: "relay.tool_result", name: "search", call_id: "call_1", result: { found: 1 } };
  const transcript = folded(result);
  assert.deepEqual(transcript.entries[0].tool, {
    name: "search",
    callId: "call_1",
    arguments: "",
    result: '{"found":1}',
  });
  const call = { id: "item_1", type: "function_call", name: "search", call_id: "call_1", arguments: "{}" };
  const seen = folded(added(call), result);
  assert.deepEqual([seen.entries.length, seen.entries[0].tool.arguments], [1, "{}"]);
  const mcp = folded(added({ id: "m", type: "mcp_call", name: "look", arguments: "{}", output: "there" }));
  assert.deepEqual(mcp.entries[0].tool, { name: "look", callId: "m", arguments: "{}", result: "there" });
});
