// @ts-check
/**
 * One entry of a transcript: what somebody said or wrote, or the call of a tool.
 *
 * An entry is changed in place and keeps its id.
 */

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} callId
 * @property {string} arguments JSON, as far as it has come
 * @property {string | null} result
 *
 * @typedef {object} Entry
 * @property {string} id
 * @property {"user" | "assistant" | "system" | "tool"} kind
 * @property {string} text
 * @property {boolean} final whether nothing will be added
 * @property {boolean} interrupted whether not all of it was said or heard
 * @property {boolean} spoken whether it is speech
 * @property {string | null} failed why speech could not be transcribed
 * @property {number} session which one it belongs to: 1 for the first, 2 after a reconnection
 * @property {Tool | null} tool
 */

/** Characters of a text that are kept: an answer that never ends is not kept for ever. */
const LONGEST = 100_000;

/**
 * @param {string} text
 * @returns {string} what is kept of it
 */
export function bounded(text) {
  return text.slice(0, LONGEST);
}

/**
 * Say whose a message is; one whose role is not known is the system's.
 * @param {string | null | undefined} role
 * @returns {Entry["kind"]}
 */
export function kindOf(role) {
  return role === "user" || role === "assistant" ? role : "system";
}

/**
 * @param {string} id
 * @param {Entry["kind"]} kind
 * @param {number} session
 * @returns {Entry} one that says nothing yet
 */
export function blank(id, kind, session) {
  return {
    id,
    kind,
    text: "",
    final: false,
    interrupted: false,
    spoken: false,
    failed: null,
    session,
    tool: null,
  };
}

/**
 * Read the texts of a message, part by part.
 * @param {any} item
 * @returns {{texts: string[], spoken: boolean}}
 */
export function wordsOf({ content }) {
  /** @type {any[]} */
  const parts = content ?? [];
  const texts = parts.map(({ transcript, text }) => bounded(transcript ?? text ?? ""));
  return { texts, spoken: parts.some(({ type }) => type.endsWith("audio")) };
}

/**
 * Read an item that is a call, on top of what is known of it.
 * @param {any} item
 * @param {Tool | null} known
 * @returns {Tool}
 */
export function toolOf(item, known) {
  const result = item.output ?? known?.result ?? null;
  return {
    name: item.name ?? known?.name ?? "",
    callId: item.call_id ?? item.id,
    arguments: bounded(item.arguments || known?.arguments || ""),
    result: result === null ? null : resultText(result),
  };
}

/**
 * Write the result of a tool as text.
 * @param {unknown} result
 * @returns {string}
 */
export function resultText(result) {
  return bounded(typeof result === "string" ? result : (JSON.stringify(result) ?? ""));
}
