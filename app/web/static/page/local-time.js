// @ts-check
/** A tool that the page itself answers, so that one sees a call go both ways: the time on this device. */

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */

/** The tool, as a session names it. */
export const LOCAL_TIME = {
  type: "function",
  name: "local_time",
  description: "Tells the date, the time and the time zone on the user's device.",
  parameters: { type: "object", properties: {}, additionalProperties: false },
};

/**
 * Answer a client's calls of it, each response's at once when that response is done.
 * @param {Client} client
 */
export function answerLocalTime(client) {
  client.addEventListener("response.done", ({ detail }) => {
    /** @type {any[]} */
    const items = Array.isArray(detail.response?.output) ? detail.response.output : [];
    const calls = items.filter((item) => item?.type === "function_call" && item.name === LOCAL_TIME.name);
    calls.forEach(({ call_id: id }, at) => {
      client.sendToolResult(id, localTime(), { respond: at === calls.length - 1 });
    });
  });
}

function localTime() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { local_time: new Date().toLocaleString("sv-SE"), time_zone: zone };
}
