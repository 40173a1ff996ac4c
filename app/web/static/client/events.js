// @ts-check
/**
 * What a client tells, by the name of the event: the types of the details.
 *
 * Every server event is told too, under its own type and with itself as the detail; but none under a name of ours.
 */

/**
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
 *
 * @typedef {object} Passed an event that went either way, for a log; audio is in it
 * @property {"in" | "out"} direction
 * @property {RealtimeEvent} event
 * @property {number} at as `performance.now()` tells it
 *
 * @typedef {object} Refused an `error` event, and the event of ours that it is about, if that is known
 * @property {import("./endings.js").ErrorBody} error
 * @property {RealtimeEvent | null} event
 *
 * @typedef {object} Told the session as it now is
 * @property {import("./session.js").Fields} session
 * @property {RealtimeEvent} event
 *
 * @typedef {object} Written an entry that has changed; null: one was removed, or the whole begins anew
 * @property {import("./entry.js").Entry | null} entry
 * @property {import("./transcript.js").Transcript} transcript
 *
 * @typedef {object} Playing
 * @property {"started" | "finished"} state
 * @property {string} itemId
 * @property {number} contentIndex
 *
 * @typedef {object} ClientEvents
 * @property {import("./connection.js").StateChange} state
 * @property {Told} session
 * @property {Passed} event
 * @property {Refused} refused
 * @property {import("./outgoing.js").Dropped} dropped
 * @property {import("./sound.js").SoundChange} audio
 * @property {import("./microphone.js").MicrophoneChange} microphone
 * @property {import("./talking.js").Talk} talk
 * @property {Playing} playback
 * @property {import("./answers.js").Interrupted} interrupted
 * @property {import("./conversation.js").Latency} latency
 * @property {Written} transcript
 *
 * @typedef {boolean | AddEventListenerOptions} Listening
 */

/** @type {Readonly<Record<keyof ClientEvents, true>>} */
const OWN = Object.freeze({
  state: true,
  session: true,
  event: true,
  refused: true,
  dropped: true,
  audio: true,
  microphone: true,
  talk: true,
  playback: true,
  interrupted: true,
  latency: true,
  transcript: true,
});

/**
 * Tell whether a name is that of an event of the client's: no server may speak in its place.
 * @param {string} type
 * @returns {boolean}
 */
export function isOwn(type) {
  return Object.hasOwn(OWN, type);
}

/** An EventTarget whose events are known by their names. */
export class Teller extends EventTarget {
  /** @type {Set<string>} the names that anybody has ever listened to */
  #asked = new Set();

  /**
   * Tell whether anybody may listen to events of this name, for those that cost something to make.
   * @param {string} type
   * @returns {boolean}
   * @protected
   */
  _asked(type) {
    return this.#asked.has(type);
  }

  /**
   * @template {keyof ClientEvents} K
   * @overload
   * @param {K} type
   * @param {(event: CustomEvent<ClientEvents[K]>) => unknown} listener
   * @param {Listening} [options]
   * @returns {void}
   */
  /**
   * @overload
   * @param {string} type
   * @param {((event: CustomEvent) => unknown) | EventListenerObject | null} listener
   * @param {Listening} [options]
   * @returns {void}
   */
  /**
   * @param {string} type
   * @param {any} listener
   * @param {Listening} [options]
   */
  addEventListener(type, listener, options) {
    this.#asked.add(type);
    super.addEventListener(type, listener, options);
  }
}
