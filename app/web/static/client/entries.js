// @ts-check
/**
 * The entries of a transcript: where each stands, and what it says.
 *
 * An entry is changed in place and keeps its id. One that says nothing yet is there all the same, so that the
 * order of a conversation is right before its words are known.
 */

import { Recent } from "./bounded.js";
import { blank, bounded, kindOf, resultText, toolOf, wordsOf } from "./entry.js";
import { Order } from "./order.js";

/**
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
 * @typedef {import("./entry.js").Entry} Entry
 */

/** Entries that are kept: the oldest give way. */
const KEPT = 500;

export class Entries {
  /** @type {Entry[]} those of earlier sessions, in which nothing happens any more */
  #past = [];
  /** @type {Order<Entry>} those of the session */
  #order = new Order(KEPT);
  #session = 0;
  /** Whether the session tells what users say. */
  #transcribes = true;
  /** @type {Map<string, string[]>} the texts of an entry's content parts */
  #parts = new Map();
  /** @type {Recent<string, string>} the responses that entries belong to */
  #responses = new Recent(KEPT);

  /** The entries in order. */
  get list() {
    return [...this.#past, ...this.#order.list];
  }

  /** Begin another session, which may use the ids of the last one anew. */
  begin() {
    this.unheard();
    this.#past = this.list;
    this.#past.forEach((entry) => (entry.final = true));
    this.#order = new Order(KEPT);
    this.#parts.clear();
    this.#responses.clear();
    this.#session++;
  }

  /** @param {any} session */
  configure(session) {
    this.#transcribes = session.audio?.input?.transcription !== null;
  }

  /**
   * Note speech that begins, or was committed.
   * @param {string} id
   * @param {string | null} [previous]
   */
  heard(id, previous) {
    const entry = this.find(id) ?? blank(id, "user", this.#session);
    entry.spoken = true;
    return this.#place(entry, previous);
  }

  /** Forget speech that was never committed. */
  unheard() {
    this.#order.list
      .filter(({ id, kind, final, text }) => kind === "user" && !final && !text && !this.#parts.has(id))
      .forEach(({ id }) => this.remove(id));
  }

  /**
   * Take an item as it is told.
   * @param {any} item
   * @param {string | null} [previous] the item that it stands behind
   * @param {boolean} done whether it is whole
   * @returns {Entry | null}
   */
  item(item, previous, done = false) {
    switch (item.type) {
      case "message":
        return this.#place(this.#message(item, done), previous);
      case "function_call":
      case "mcp_call":
        return this.#place(this.#call(item, done), previous);
      case "function_call_output":
        return this.#result(item);
      default:
        return null;
    }
  }

  /**
   * Take an item of a response.
   * @param {any} item
   * @param {string | null | undefined} response
   * @param {boolean} done
   */
  output(item, response, done) {
    this.#responses.set(item.id, response ?? "");
    return this.item(item, undefined, done);
  }

  /**
   * Add to the text of a part, or write it anew.
   * @param {RealtimeEvent} event
   * @param {string} text
   * @param {{spoken: boolean, anew: boolean}} how
   */
  write({ item_id: id, content_index: index }, text, { spoken, anew }) {
    const entry = this.find(id);
    if (!entry || (entry.final && !anew)) {
      return null;
    }
    const parts = this.#parts.get(id) ?? [];
    parts[index ?? 0] = bounded(anew ? text : (parts[index ?? 0] ?? "") + text);
    return this.#say(entry, parts, spoken);
  }

  /**
   * Take the arguments of a call, or more of them.
   * @param {RealtimeEvent} event
   * @param {string} text
   * @param {boolean} anew
   */
  argue({ item_id: id }, text, anew) {
    const entry = this.find(id);
    if (entry?.tool) {
      entry.tool.arguments = bounded(anew ? text : entry.tool.arguments + text);
    }
    return entry;
  }

  /**
   * Note that what was said will not be known in words, or that it now is.
   * @param {string} id
   * @param {string | null} failed
   */
  settle(id, failed = null) {
    const entry = this.find(id);
    return entry && Object.assign(entry, { final: true, failed });
  }

  /**
   * Note that an answer was cut short.
   * @param {string} id
   */
  interrupt(id) {
    const entry = this.find(id);
    return entry && Object.assign(entry, { interrupted: true });
  }

  /**
   * Note that a response is over.
   * @param {{id: string, status: string}} response
   * @returns {Entry | null} one of the entries that it was cut short in
   */
  close({ id, status }) {
    const open = this.#order.list.filter((entry) => this.#responses.get(entry.id) === id);
    const cut = status === "cancelled";
    open.forEach((entry) => Object.assign(entry, { final: true, interrupted: entry.interrupted || cut }));
    return open.at(-1) ?? null;
  }

  /**
   * Take the result of a tool that the relay has called.
   * @param {RealtimeEvent} event
   */
  relayTool({ name, call_id: callId, result }) {
    const entry = this.#callOf(callId) ?? this.#place(blank(`tool_${callId}`, "tool", this.#session), undefined);
    const tool = toolOf({ name, call_id: callId, output: result }, entry.tool);
    return Object.assign(entry, { final: true, tool });
  }

  /** @param {string} id */
  remove(id) {
    this.#order.remove(id);
    this.#parts.delete(id);
    return null;
  }

  /**
   * @param {Entry} entry
   * @param {string | null | undefined} previous
   */
  #place(entry, previous) {
    this.#order.place(entry, previous);
    if (this.#past.length + this.#order.list.length > KEPT) {
      this.#past.shift() ?? this.remove(this.#order.list[0].id);
    }
    return entry;
  }

  /** @param {string} id */
  find(id) {
    return this.#order.find(id);
  }

  /**
   * @param {any} item
   * @param {boolean} done
   */
  #message(item, done) {
    const entry = this.find(item.id) ?? blank(item.id, kindOf(item.role), this.#session);
    const { texts, spoken } = wordsOf(item);
    entry.spoken ||= spoken;
    texts.some(Boolean) && this.#say(entry, texts, spoken);
    const written = item.role !== "assistant" && !entry.spoken;
    entry.final ||= written || (done && (item.role === "assistant" || !this.#transcribes));
    this.#parts.set(entry.id, this.#parts.get(entry.id) ?? []);
    return entry;
  }

  /**
   * @param {any} item
   * @param {boolean} done
   */
  #call(item, done) {
    const entry = this.find(item.id) ?? blank(item.id, "tool", this.#session);
    entry.tool = toolOf(item, entry.tool);
    entry.final ||= done;
    return entry;
  }

  /** @param {any} item */
  #result({ id, call_id: callId, output }) {
    const entry = this.#callOf(callId);
    if (entry?.tool) {
      this.#order.alias(id, entry.id);
      entry.tool.result = resultText(output);
    }
    return entry;
  }

  /** @param {string} callId */
  #callOf(callId) {
    return this.#order.list.find(({ tool }) => tool?.callId === callId) ?? null;
  }

  /**
   * @param {Entry} entry
   * @param {string[]} parts
   * @param {boolean} spoken
   */
  #say(entry, parts, spoken) {
    this.#parts.set(entry.id, parts);
    return Object.assign(entry, { text: parts.filter(Boolean).join("\n"), spoken: entry.spoken || spoken });
  }
}
