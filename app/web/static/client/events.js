// @ts-check
/**
 * What a client tells, by the name of the event: the types of the details.
 *
 * Every server event is told too, under its own type and with itself as the detail.
 */

/**
 * @typedef {import("./sent.js").RealtimeEvent} RealtimeEvent
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
 * @property {import("./latency.js").Latency} latency
 * @property {Written} transcript
 *
 * @typedef {boolean | AddEventListenerOptions} Listening
 */

/** An EventTarget whose events are known by their names. */
export class Teller extends EventTarget {
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
    super.addEventListener(type, listener, options);
  }
}
