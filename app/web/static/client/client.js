// @ts-check
/**
 * A client of the relay for browsers: it connects, hears, speaks, and lets itself be interrupted.
 *
 * Microphone and player belong to the page and outlive a connection; a session does not: after a reconnection the
 * conversation begins anew, and what was asked of the session is asked again. README.md tells its events.
 */

import { ClientStatus } from "./status.js";

/**
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
 * @typedef {import("./session.js").Mode} Mode
 * @typedef {import("./session.js").Fields} Fields
 * @typedef {import("./endings.js").Ending} Ending
 */

/** Why there is no session; `ending` says more. */
export class EndedError extends Error {
  /** @param {Ending} ending */
  constructor(ending) {
    super(ending.message);
    this.name = "EndedError";
    this.ending = ending;
  }
}

export class RealtimeRelayClient extends ClientStatus {
  /** @type {Promise<Fields> | null} */
  #opening = null;

  /**
   * Connect; in a gesture, since sound wants one.
   * @returns {Promise<Fields>} the session; rejects with an `EndedError` when no more attempts are made
   */
  connect() {
    if (this.state === "open" && this.session) {
      return Promise.resolve(this.session);
    }
    this._engine.sound.open();
    const opening = (this.#opening ??= this.#opened());
    this._engine.connection.open();
    return opening;
  }

  /** Connect now instead of waiting for the next attempt, or after the last one has failed. */
  retry() {
    this._engine.sound.open();
    this._engine.connection.retry();
  }

  /** End the conversation, and let go of microphone and sound. */
  close() {
    this._engine.talk.abort();
    this._engine.microphone.stop();
    this._engine.sound.close();
    this._engine.connection.close();
  }

  /**
   * Send an event.
   * @param {RealtimeEvent} event
   * @returns {string | null} its `event_id`; null: there is no session, and nothing was sent
   */
  send(event) {
    return this._engine.send(event);
  }

  /**
   * Open the microphone, or change it for another. Rejects with a `MicrophoneError`.
   * @param {{deviceId?: string}} options
   */
  startMicrophone({ deviceId } = {}) {
    return this._engine.microphone.start(() => this._engine.sound.open(), deviceId);
  }

  stopMicrophone() {
    this._engine.talk.abort();
    this._engine.microphone.stop();
  }

  /** Send silence: turn detection goes on. */
  mute() {
    this._engine.microphone.mute(true);
  }

  unmute() {
    this._engine.microphone.mute(false);
  }

  /**
   * Change who ends a turn: the service, or the user by letting a button go.
   * @param {Mode} mode
   */
  setMode(mode) {
    if (mode !== this.mode) {
      this._engine.talk.abort();
      this.send({ type: "session.update", session: this._engine.wishes.change(mode) });
    }
  }

  /**
   * Ask something of the session, and of those after it; a field that is `undefined` is asked for no more.
   * @param {Fields} fields
   * @param {{send?: boolean}} options `send: false` asks it of the next session only
   * @returns {string | null} the `event_id`; null: it will be asked of the next session
   */
  updateSession(fields, { send = true } = {}) {
    const session = this._engine.wishes.add(fields);
    return send && session ? this.send({ type: "session.update", session }) : null;
  }

  /**
   * The button is down: interrupt the assistant, and listen.
   * @returns {boolean} whether a turn begins
   */
  beginTalking() {
    if (this.mode !== "push-to-talk" || this.state !== "open" || this._engine.talk.open) {
      return false;
    }
    this.interrupt();
    return this._engine.talk.begin();
  }

  /** The button is up: have it answered, if there is enough of it. */
  async endTalking() {
    return await this._engine.talk.end();
  }

  /** The button was let go elsewhere: nothing was said. */
  cancelTalking() {
    this._engine.talk.abort();
  }

  /**
   * Write a message, and have it answered; what is being said is interrupted.
   * @param {string} text
   * @returns {Promise<string | null>} the `event_id` of the message
   */
  async sendText(text) {
    await this.interrupt();
    const content = [{ type: "input_text", text }];
    const eventId = this._engine.createItem({ type: "message", role: "user", content });
    await this._engine.respond();
    return eventId;
  }

  /**
   * Give a tool's result back.
   * @param {string} callId
   * @param {unknown} output text, or what JSON can say
   * @param {{respond?: boolean}} options
   * @returns {Promise<string | null>} the `event_id` of the result
   */
  async sendToolResult(callId, output, { respond = true } = {}) {
    const text = typeof output === "string" ? output : (JSON.stringify(output) ?? "");
    const eventId = this._engine.createItem({ type: "function_call_output", call_id: callId, output: text });
    if (respond) {
      await this._engine.respond();
    }
    return eventId;
  }

  /** Stop what is being said; resolves when the service was told how much of it was heard. */
  interrupt() {
    return this._engine.conversation.interrupt();
  }

  /** Let sound begin that the browser holds back; in a gesture. */
  resumeAudio() {
    return this._engine.sound.resume();
  }

  /**
   * Say how much of an item has been played, in milliseconds.
   * @param {string} itemId
   */
  played(itemId, contentIndex = 0) {
    return this._engine.sound.player.played(itemId, contentIndex);
  }

  /** @returns {Promise<Fields>} */
  #opened() {
    const over = new AbortController();
    /** @type {Promise<Fields>} */
    const opened = new Promise((resolve, reject) => {
      const look = () => this.ending && this.state === "closed" && reject(new EndedError(this.ending));
      this.addEventListener("state", look, { signal: over.signal });
      this.addEventListener("session", () => resolve(this.session ?? {}), { signal: over.signal });
    });
    const end = () => {
      over.abort();
      this.#opening = null;
    };
    opened.then(end, end); // who does not wait for it need not catch it
    return opened;
  }
}
