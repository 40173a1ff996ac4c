// @ts-check
/**
 * The parts of a client, and the ways between them: batches to the connection, events to whom they concern.
 *
 * What comes in is told first as it is (`event`, and by its own type), and then by what follows from it.
 */

import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { isOwn } from "./events.js";
import { isWhole } from "./incoming.js";
import { Microphone } from "./microphone.js";
import { MAX_BUFFERED_BYTES, PREBUFFER_MS, urlOf, wiringOf } from "./options.js";
import { Outgoing, SentEvents } from "./outgoing.js";
import { SessionWishes } from "./session.js";
import { Sound } from "./sound.js";
import { PushToTalk } from "./talking.js";
import { Transcript } from "./transcript.js";

/**
 * @typedef {import("./incoming.js").RealtimeEvent} RealtimeEvent
 * @typedef {(type: string, detail: object) => void} Tell
 */

export class Engine {
  transcript = new Transcript();
  sent = new SentEvents();
  /** @type {number | null} the last round trip */
  roundTripMs = null;
  #tell;
  #asked;

  /**
   * @param {import("./options.js").ClientOptions} options
   * @param {Tell} tell
   * @param {(type: string) => boolean} asked whether anybody may listen
   */
  constructor(options, tell, asked) {
    const { session = {}, mode = "voice", turnDetection = null, bargeIn = true } = options;
    this.#tell = tell;
    this.#asked = asked;
    this.wishes = new SessionWishes(session, mode, turnDetection);
    this.address = { ...options };
    this.connection = new Connection(wiringOf(options, () => urlOf(this.address)));
    this.microphone = new Microphone(options.microphone ?? {});
    this.sound = new Sound(options.prebufferMs ?? PREBUFFER_MS);
    this.outgoing = this.#makeOutgoing(options.maxBufferedBytes ?? MAX_BUFFERED_BYTES);
    this.conversation = this.#makeConversation(bargeIn);
    this.talk = this.#makeTalk();
    this.#listen();
  }

  /**
   * Send an event.
   * @param {RealtimeEvent} event
   * @returns {string | null} its `event_id`; null: it was not sent
   */
  send(event) {
    const whole = { ...event, event_id: event.event_id ?? this.sent.newId("event") };
    if (!this.connection.send(JSON.stringify(whole))) {
      return null;
    }
    const at = performance.now();
    this.sent.remember(whole, at);
    this.#tell("event", { direction: "out", event: whole, at });
    return whole.event_id;
  }

  /**
   * Add an item to the conversation; it gets an id, by which its acknowledgement is known.
   * @param {object} item
   */
  createItem(item) {
    return this.send({ type: "conversation.item.create", item: { id: this.sent.newId("item"), ...item } });
  }

  /** Have an answer, as soon as there is no other; none in another session than it was wanted in. */
  async respond() {
    if (await this.conversation.quiet()) {
      this.send({ type: "response.create" });
    }
  }

  /** @param {number} limit */
  #makeOutgoing(limit) {
    const { connection } = this;
    const way = {
      get bufferedAmount() {
        return connection.bufferedAmount;
      },
      send: (/** @type {string} */ text) => this.#append(text),
    };
    return new Outgoing(way, limit, (dropped) => this.#tell("dropped", dropped));
  }

  /**
   * Send an append that is spelt already. It is read again only for somebody who may listen.
   * @param {string} text
   * @returns {boolean} whether it was sent
   */
  #append(text) {
    const sent = this.connection.send(text);
    if (sent && this.#asked("event")) {
      this.#tell("event", { direction: "out", event: JSON.parse(text), at: performance.now() });
    }
    return sent;
  }

  /** @param {boolean} bargeIn */
  #makeConversation(bargeIn) {
    return new Conversation({
      sound: this.sound,
      send: (event) => this.send(event),
      tell: this.#tell,
      now: () => performance.now(),
      bargeIn,
    });
  }

  #makeTalk() {
    return new PushToTalk({
      send: (event) => this.send(event),
      respond: () => this.respond(),
      reset: () => this.microphone.reset(),
      finish: () => this.microphone.finish(),
      tell: (talk) => this.#talked(talk),
    });
  }

  /** @param {import("./talking.js").Talk} talk */
  #talked(talk) {
    if (talk.state === "committed") {
      this.conversation.turnEnded();
    }
    this.#tell("talk", talk);
  }

  #listen() {
    on(this.connection, "state", (change) => this.#changed(change));
    on(this.connection, "message", (event) => this.#heard(event));
    on(this.microphone, "batch", (batch) => this.#batch(batch));
    on(this.microphone, "change", (change) => this.#tell("microphone", change));
    on(this.sound, "audio", (change) => this.#tell("audio", change));
  }

  /** @param {import("./connection.js").StateChange} change */
  #changed(change) {
    if (change.previous === "open") {
      this.sent.forget();
      this.conversation.lost();
      this.talk.abort();
    }
    this.#tell("state", change);
  }

  /** @param {RealtimeEvent} event */
  #heard(event) {
    const at = performance.now();
    this.#tell("event", { direction: "in", event, at });
    if (!isOwn(event.type)) {
      this.#tell(event.type, event);
    }
    if (isWhole(event)) {
      this.#follow(event, at);
    }
  }

  /**
   * @param {RealtimeEvent} event
   * @param {number} at
   */
  #follow(event, at) {
    this.conversation.hear(event);
    switch (event.type) {
      case "session.created":
        this.#greet(event);
        break;
      case "error":
        this.#erred(event.error);
    }
    this.#acknowledge(event, at);
    this.#transcribe(event);
  }

  /** @param {RealtimeEvent} created */
  #greet({ session }) {
    this.wishes.seen(session);
    const wishes = this.wishes.first();
    if (wishes) {
      this.send({ type: "session.update", session: wishes });
    }
  }

  /**
   * Tell what was refused; an error before the session is told by the ending that follows.
   * @param {import("./endings.js").ErrorBody} error
   */
  #erred(error) {
    const event = this.sent.refused(error.event_id);
    // A response that has ended while its cancelling was under way is what was wanted.
    if (this.connection.state === "open" && error.code !== "response_cancel_not_active") {
      this.#tell("refused", { error, event });
    }
  }

  /**
   * @param {RealtimeEvent} event
   * @param {number} at
   */
  #acknowledge(event, at) {
    const sent = this.sent.acknowledged(event);
    if (sent) {
      this.roundTripMs = at - sent.at;
      this.#tell("latency", { kind: "round-trip", ms: this.roundTripMs, about: sent.event.type });
    }
  }

  /** @param {RealtimeEvent} event */
  #transcribe(event) {
    if (this.transcript.concerns(event)) {
      const entry = this.transcript.apply(event);
      this.#tell("transcript", { entry, transcript: this.transcript });
    }
  }

  /** @param {Int16Array} batch */
  #batch(batch) {
    const wanted = this.wishes.mode === "voice" || this.talk.open;
    if (wanted && this.outgoing.send(batch, performance.now())) {
      this.talk.said(batch.length);
    }
  }
}

/**
 * @param {EventTarget} target
 * @param {string} type
 * @param {(detail: any) => void} listener
 */
function on(target, type, listener) {
  target.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
}
