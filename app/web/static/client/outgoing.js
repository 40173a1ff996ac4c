// @ts-check
/**
 * What goes out: audio while there is room for it, and events, of which those that are not settled are remembered.
 *
 * A network that is slower than speech would otherwise pile up what nobody wants to hear any more: what finds no
 * room is dropped, counted, and told, at once and then once a second. An event is kept for a refusal to be told
 * with it, and for the round trip; audio carries no `event_id`, and is never acknowledged.
 */

import { Recent } from "./bounded.js";
import { appendOf } from "./pcm.js";

const TELL_MS = 1000;

/**
 * @typedef {object} Dropped
 * @property {number} batches since the last time that it was told
 * @property {number} total
 * @property {number} bufferedAmount bytes that wait
 */

export class Outgoing {
  sent = 0;
  dropped = 0;
  #connection;
  #limit;
  #tell;
  #told = 0;
  #toldAt = -Infinity;

  /**
   * @param {{bufferedAmount: number, send(text: string): boolean}} connection
   * @param {number} limit bytes that may wait
   * @param {(dropped: Dropped) => void} tell
   */
  constructor(connection, limit, tell) {
    this.#connection = connection;
    this.#limit = limit;
    this.#tell = tell;
  }

  /**
   * Send a batch, if there is room.
   * @param {Int16Array} batch
   * @param {number} now milliseconds
   * @returns {boolean} whether it was sent
   */
  send(batch, now) {
    if (this.#connection.bufferedAmount > this.#limit) {
      this.dropped++;
      this.#report(now);
      return false;
    }
    const sent = this.#connection.send(appendOf(batch));
    this.sent += Number(sent);
    return sent;
  }

  /** @param {number} now */
  #report(now) {
    if (now - this.#toldAt >= TELL_MS) {
      const { bufferedAmount } = this.#connection;
      this.#tell({ batches: this.dropped - this.#told, total: this.dropped, bufferedAmount });
      this.#told = this.dropped;
      this.#toldAt = now;
    }
  }
}

/**
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
 *
 * @typedef {object} Sent
 * @property {RealtimeEvent} event
 * @property {number} at
 */

/** Events that are kept for a refusal to come. */
const KEPT = 256;

/**
 * Acknowledgements and what they acknowledge, where the pair is certain: by an item's id, or in order.
 * @type {ReadonlyMap<string, {type: string, by?: (event: RealtimeEvent) => string | undefined}>}
 */
const ACKNOWLEDGED = new Map([
  ["session.updated", { type: "session.update" }],
  ["input_audio_buffer.cleared", { type: "input_audio_buffer.clear" }],
  ["conversation.item.added", { type: "conversation.item.create", by: itemOf }],
  ["conversation.item.created", { type: "conversation.item.create", by: itemOf }],
  ["conversation.item.truncated", { type: "conversation.item.truncate", by: itemOf }],
  ["conversation.item.deleted", { type: "conversation.item.delete", by: itemOf }],
]);

/**
 * @param {RealtimeEvent} event
 * @returns {string | undefined}
 */
function itemOf(event) {
  return event.item?.id ?? event.item_id;
}

export class SentEvents {
  /** @type {Recent<string, Sent>} in the order of sending */
  #sent = new Recent(KEPT);
  #count = 0;
  #prefix;

  /** @param {() => number} random in [0, 1) */
  constructor(random = Math.random) {
    this.#prefix = random().toString(36).slice(2, 10).padEnd(8, "0");
  }

  /**
   * Make an id that nobody else makes, of at most 32 characters.
   * @param {string} kind
   * @returns {string}
   */
  newId(kind) {
    return `${kind}_${this.#prefix}${++this.#count}`;
  }

  /**
   * Remember an event that is sent.
   * @param {RealtimeEvent & {event_id: string}} event
   * @param {number} at
   */
  remember(event, at) {
    this.#sent.set(event.event_id, { event, at });
  }

  /**
   * Find the event that an error is about; it will not be acknowledged.
   * @param {string | null | undefined} eventId
   * @returns {RealtimeEvent | null}
   */
  refused(eventId) {
    const sent = this.#sent.get(eventId ?? "");
    this.#sent.delete(eventId ?? "");
    return sent?.event ?? null;
  }

  /**
   * Find what a server's event acknowledges.
   * @param {RealtimeEvent} event
   * @returns {Sent | null}
   */
  acknowledged(event) {
    const pair = ACKNOWLEDGED.get(event.type);
    if (!pair) {
      return null;
    }
    for (const [id, sent] of this.#sent) {
      if (sent.event.type === pair.type && (!pair.by || pair.by(sent.event) === pair.by(event))) {
        this.#sent.delete(id);
        return sent;
      }
    }
    return null;
  }

  /** Forget everything: the connection is another one. */
  forget() {
    this.#sent.clear();
  }
}
