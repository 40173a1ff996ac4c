// @ts-check
/**
 * The entries of a transcript: where each stands, and what it says.
 *
 * An entry is changed in place and keeps its id. One that says nothing yet is there all the same, so that the
 * order of a conversation is right before its words are known.
 */

import { blank, resultText, toolOf } from "./entry.js";
import { Order } from "./order.js";

/**
 * @typedef {import("./sent.js").RealtimeEvent} RealtimeEvent
 * @typedef {import("./entry.js").Entry} Entry
 */

export class Entries {
  /** @type {Order<Entry>} */
  #order = new Order();
  #session = 0;
  /** Whether the session tells what users say. */
  #transcribes = true;
  /** @type {Map<string, string[]>} the texts of an entry's content parts */
  #parts = new Map();
  /** @type {Map<string, string>} the responses that entries belong to */
  #responses = new Map();

  /** The entries in order. */
  get list() {
    return this.#order.list;
  }

  /** Begin another session; nothing is added any more to what was said in the last one. */
  begin() {
    this.unheard();
    this.list.forEach((entry) => (entry.final = true));
    this.#order.settle();
    this.#responses.clear();
    this.#session++;
  }

  /** @param {any} session */
  configure(session) {
    const input = session?.audio?.input;
    this.#transcribes = !input || input.transcription !== null;
  }

  /**
   * Note speech that begins, or was committed.
   * @param {string} id
   * @param {string | null} [previous]
   */
  heard(id, previous) {
    const entry = this.find(id) ?? this.#make(id, "user");
    entry.spoken = true;
    return this.#order.place(entry, previous);
  }

  /** Forget speech that was never committed. */
  unheard() {
    this.list
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
        return this.#order.place(this.#message(item, done), previous);
      case "function_call":
      case "mcp_call":
        return this.#order.place(this.#call(item, done), previous);
      case "function_call_output":
        return this.#result(item);
      default:
        return null;
    }
  }

  /**
   * Take an item of a response.
   * @param {any} item
   * @param {string} response
   * @param {boolean} done
   */
  output(item, response, done) {
    this.#responses.set(item.id, response);
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
    parts[index ?? 0] = anew ? text : (parts[index ?? 0] ?? "") + text;
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
      entry.tool.arguments = anew ? text : entry.tool.arguments + text;
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
    const open = this.list.filter((entry) => this.#responses.get(entry.id) === id);
    const cut = status === "cancelled";
    open.forEach((entry) => Object.assign(entry, { final: true, interrupted: entry.interrupted || cut }));
    return open.at(-1) ?? null;
  }

  /**
   * Take the result of a tool that the relay has called.
   * @param {RealtimeEvent} event
   */
  relayTool({ name, call_id: callId, result }) {
    const entry = this.#callOf(callId) ?? this.#order.place(this.#make(`tool_${callId}`, "tool"), undefined);
    const tool = toolOf({ name, call_id: callId, output: result }, entry.tool);
    return Object.assign(entry, { final: true, tool });
  }

  /**
   * @param {string} id
   * @returns {null}
   */
  remove(id) {
    this.#order.remove(id);
    this.#parts.delete(id);
    return null;
  }

  /**
   * @param {string} id
   * @returns {Entry | null}
   */
  find(id) {
    return this.#order.find(id);
  }

  /**
   * @param {any} item
   * @param {boolean} done
   */
  #message(item, done) {
    const entry = this.find(item.id) ?? this.#make(item.id, item.role);
    const content = item.content ?? [];
    const texts = content.map((/** @type {any} */ part) => part.transcript ?? part.text ?? "");
    const spoken = entry.spoken || content.some((/** @type {any} */ part) => part.type.endsWith("audio"));
    if (texts.some(Boolean)) {
      this.#say(entry, texts, spoken);
    }
    entry.spoken = spoken;
    const written = item.role !== "assistant" && !spoken;
    entry.final ||= written || (done && (item.role === "assistant" || !this.#transcribes));
    this.#parts.set(entry.id, this.#parts.get(entry.id) ?? []);
    return entry;
  }

  /**
   * @param {any} item
   * @param {boolean} done
   */
  #call(item, done) {
    const entry = this.find(item.id) ?? this.#make(item.id, "tool");
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
    return this.list.find(({ tool }) => tool?.callId === callId) ?? null;
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

  /**
   * @param {string} id
   * @param {Entry["kind"]} kind
   * @returns {Entry} which has no place yet
   */
  #make(id, kind) {
    return blank(id, kind, this.#session);
  }
}
