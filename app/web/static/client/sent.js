// @ts-check
/**
 * What was sent and is not settled: for a refusal to be told with its event, and for the round trip.
 *
 * Audio is not among it: it carries no `event_id`, and is never acknowledged.
 */

/**
 * @typedef {{type: string, event_id?: string, [field: string]: any}} RealtimeEvent
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
  /** @type {Map<string, Sent>} in the order of sending */
  #sent = new Map();
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
    if (this.#sent.size > KEPT) {
      this.#sent.delete(/** @type {string} */ (this.#sent.keys().next().value));
    }
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
