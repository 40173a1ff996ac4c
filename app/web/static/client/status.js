// @ts-check
/**
 * What can be read off a client at any time; a change of most of it is told by an event.
 */

import { Engine } from "./engine.js";
import { Teller } from "./events.js";

export class ClientStatus extends Teller {
  /** @param {import("./options.js").ClientOptions} options */
  constructor(options = {}) {
    super();
    const tell = (/** @type {string} */ type, /** @type {object} */ detail) =>
      void this.dispatchEvent(new CustomEvent(type, { detail }));
    /** @protected */
    this._engine = new Engine(options, tell, (type) => this._asked(type));
  }

  /** The profile that the next connection asks for; null: the usual one. */
  get profile() {
    return this._engine.address.profile ?? null;
  }

  set profile(profile) {
    this._engine.address.profile = profile ?? undefined;
  }

  /** The model that the next connection asks for; null: the usual one. */
  get model() {
    return this._engine.address.model ?? null;
  }

  set model(model) {
    this._engine.address.model = model ?? undefined;
  }

  get state() {
    return this._engine.connection.state;
  }

  /** How the last connection ended, while there is no other. */
  get ending() {
    return this._engine.connection.ending;
  }

  /** The session as it was told last; null before the first. */
  get session() {
    return this._engine.conversation.session;
  }

  get mode() {
    return this._engine.wishes.mode;
  }

  get muted() {
    return this._engine.microphone.muted;
  }

  get microphoneOn() {
    return this._engine.microphone.on;
  }

  /** Whether the button is down. */
  get talking() {
    return this._engine.talk.talking;
  }

  /** Whether the assistant is heard, or will be in a moment. */
  get speaking() {
    return this._engine.sound.player.playing;
  }

  /** Whether a response is in progress. */
  get responding() {
    return this._engine.conversation.responding;
  }

  /** How loud the microphone is, 0 to 1. */
  get inputLevel() {
    return this._engine.microphone.level;
  }

  /** How loud the assistant is, 0 to 1. */
  get outputLevel() {
    return this._engine.sound.player.level;
  }

  get audioState() {
    return this._engine.sound.state;
  }

  /** What all sound passes on its way out; null before there is a context. */
  get output() {
    return this._engine.sound.output;
  }

  get volume() {
    return this._engine.sound.volume;
  }

  set volume(volume) {
    this._engine.sound.volume = volume;
  }

  /** What was said, in order. */
  get transcript() {
    return this._engine.transcript;
  }

  get stats() {
    const { outgoing, roundTripMs, sound } = this._engine;
    const { underruns, overflow } = sound.player;
    const inputRate = sound.context?.sampleRate ?? null;
    return {
      sentBatches: outgoing.sent,
      droppedBatches: outgoing.dropped,
      underruns,
      overflow,
      roundTripMs,
      inputRate,
    };
  }
}
