// @ts-check
/**
 * A conversation as people read it: what server events tell, folded into an ordered list of entries.
 *
 * Events come as they like: a transcription may be complete after the answer to it has begun, and an item may be
 * told before the one that it stands behind. Its place is what `previous_item_id` says, as soon as that is known.
 */

import { Entries } from "./entries.js";
import { isWhole } from "./incoming.js";

/**
 * @typedef {import("./entry.js").Entry} Entry
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
 * @typedef {(event: RealtimeEvent) => Entry | null | undefined} Fold
 */

const SPEECH = "conversation.item.input_audio_transcription";

export class Transcript {
  #entries = new Entries();
  /** @type {Readonly<Record<string, Fold>>} */
  #folds = {
    "session.created": ({ session }) => this.#begin(session),
    "session.updated": ({ session }) => this.#configure(session),
    "input_audio_buffer.speech_started": ({ item_id: id }) => (id ? this.#entries.heard(id) : null),
    "input_audio_buffer.committed": (event) => this.#entries.heard(event.item_id, event.previous_item_id),
    "input_audio_buffer.cleared": () => this.#unheard(),
    "conversation.item.added": (event) => this.#entries.item(event.item, event.previous_item_id),
    "conversation.item.created": (event) => this.#entries.item(event.item, event.previous_item_id),
    "conversation.item.done": (event) => this.#entries.item(event.item, event.previous_item_id, true),
    "conversation.item.deleted": (event) => this.#entries.remove(event.item_id),
    "conversation.item.truncated": (event) => this.#entries.interrupt(event.item_id),
    "response.output_item.added": (event) => this.#entries.output(event.item, event.response_id, false),
    "response.output_item.done": (event) => this.#entries.output(event.item, event.response_id, true),
    "response.output_text.delta": (event) => this.#write(event, event.delta, false),
    "response.output_text.done": (event) => this.#write(event, event.text, false, true),
    "response.output_audio_transcript.delta": (event) => this.#write(event, event.delta, true),
    "response.output_audio_transcript.done": (event) => this.#write(event, event.transcript, true, true),
    "response.function_call_arguments.delta": (event) => this.#entries.argue(event, event.delta, false),
    "response.function_call_arguments.done": (event) => this.#entries.argue(event, event.arguments, true),
    "response.done": (event) => this.#entries.close(event.response),
    [`${SPEECH}.delta`]: (event) => this.#write(event, event.delta ?? "", true),
    [`${SPEECH}.completed`]: (event) => this.#transcribed(event),
    [`${SPEECH}.failed`]: (event) => this.#entries.settle(event.item_id, event.error?.message ?? "unknown"),
    "relay.tool_result": (event) => this.#entries.relayTool(event),
  };

  /** The entries, in the order of the conversation. They are changed in place; their ids stay. */
  get entries() {
    return this.#entries.list;
  }

  /**
   * Fold a server's event in.
   * @param {RealtimeEvent} event
   * @returns {Entry | null} the entry that it changed; null where there is none, or it was removed
   */
  apply(event) {
    return this.concerns(event) ? (this.#folds[event.type](event) ?? null) : null;
  }

  /**
   * Tell whether an event can change the transcript.
   * @param {RealtimeEvent} event
   * @returns {boolean}
   */
  concerns(event) {
    return Object.hasOwn(this.#folds, event.type) && isWhole(event);
  }

  /** Forget everything. */
  clear() {
    this.#entries = new Entries();
  }

  /** @param {any} session */
  #begin(session) {
    this.#entries.begin();
    return this.#configure(session);
  }

  /** @param {any} session */
  #configure(session) {
    this.#entries.configure(session);
    return null;
  }

  #unheard() {
    this.#entries.unheard();
    return null;
  }

  /**
   * @param {RealtimeEvent} event
   * @param {string} text
   * @param {boolean} spoken
   * @param {boolean} anew
   */
  #write(event, text, spoken, anew = false) {
    return this.#entries.write(event, text, { spoken, anew });
  }

  /** @param {RealtimeEvent} event */
  #transcribed(event) {
    this.#write(event, event.transcript, true, true);
    return this.#entries.settle(event.item_id);
  }
}
