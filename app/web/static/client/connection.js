// @ts-check
/**
 * A connection to the relay that is made again where that helps.
 *
 * It is open when the session has begun: a refusal, too, opens the socket, since a browser could not read it
 * otherwise. Each attempt asks for a ticket of its own, and each has its number, so that what a former one still
 * does is nobody's business.
 */

import { explain } from "./endings.js";
import { eventOf, isWhole } from "./incoming.js";
import { delayBefore, subprotocols } from "./options.js";

/**
 * @typedef {import("./options.js").BackOff} BackOff
 * @typedef {import("./endings.js").Ending} Ending
 * @typedef {import("./endings.js").ErrorBody} ErrorBody
 * @typedef {"closed" | "connecting" | "open" | "reconnecting"} State
 *
 * @typedef {object} StateChange
 * @property {State} state
 * @property {State} previous
 * @property {Ending | null} ending how the last connection ended, if it has
 * @property {number} attempt 0, or the number of the attempt to come back
 * @property {number | null} delayMs how long it waits before that attempt; null: it does not wait
 *
 * @typedef {object} Wiring
 * @property {() => string} url
 * @property {(() => Promise<string | null | undefined>) | undefined} ticket
 * @property {BackOff | null} backOff null: never come back by itself
 * @property {(url: string, protocols: string[]) => WebSocket} dial
 * @property {(action: () => void, ms: number) => () => void} after do something later; returns how to prevent it
 * @property {() => number} now milliseconds
 * @property {() => number} random in [0, 1)
 */

/** How long the relay may take for its first event: it gives up the service after 8 seconds. */
const PATIENCE_MS = 15_000;
const LEFT = 1000;
const UNTRIED = 0;
const LOST = 1006;
/** What `readyState` is while a socket takes messages; one that is closing would only complain. */
const TAKES = 1;
/** In our words: those of the browser would name the ticket. */
const UNUSABLE = "The relay's address or the ticket is not valid.";

/** Tells `state` (StateChange) and `message` (an event of the server's). */
export class Connection extends EventTarget {
  /** @type {State} */
  state = "closed";
  /** @type {Ending | null} */
  ending = null;
  #wiring;
  /** @type {WebSocket | null} */
  #socket = null;
  #number = 0;
  #attempt = 0;
  #reached = false;
  #openedAt = 0;
  /** @type {ErrorBody | null} */
  #error = null;
  #forgo = () => {};

  /** @param {Wiring} wiring */
  constructor(wiring) {
    super();
    this.#wiring = wiring;
  }

  /** Bytes that wait to be sent. */
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Connect, unless that is done already. */
  open() {
    if (this.state === "closed") {
      this.#attempt = 0;
      this.#reached = false;
      this.ending = null;
      this.#dial("connecting");
    }
  }

  /** Connect now, and do not wait any longer. */
  retry() {
    if (this.state === "closed") {
      this.open();
    } else if (this.state === "reconnecting") {
      this.#attempt = 1;
      this.#dial("reconnecting");
    }
  }

  /** End the connection, and do not come back. */
  close() {
    if (this.state !== "closed") {
      this.#abandon();
      this.ending = explain(LEFT);
      this.#become("closed");
    }
  }

  /**
   * Send a message, if the session has begun.
   * @param {string} text
   * @returns {boolean} whether it was sent
   */
  send(text) {
    if (this.state !== "open" || this.#socket?.readyState !== TAKES) {
      return false;
    }
    this.#socket.send(text);
    return true;
  }

  /** @param {"connecting" | "reconnecting"} state */
  async #dial(state) {
    this.#abandon();
    const number = this.#number;
    this.#become(state);
    const ticket = await this.#ticket();
    if (number !== this.#number) {
      return;
    }
    const dialled = ticket instanceof Error ? ticket : this.#dialled(ticket);
    if (dialled instanceof Error) {
      this.#ended(UNTRIED, dialled.message, /** @type {{retry?: boolean}} */ (dialled).retry);
      return;
    }
    this.#forgo = this.#wiring.after(() => this.#ended(LOST, ""), PATIENCE_MS);
    this.#listen(dialled, number);
  }

  /**
   * @param {string | null | undefined} ticket
   * @returns {WebSocket | Error}
   */
  #dialled(ticket) {
    try {
      return this.#wiring.dial(this.#wiring.url(), subprotocols(ticket));
    } catch {
      return new Error(UNUSABLE);
    }
  }

  /** @returns {Promise<string | null | undefined | Error>} */
  async #ticket() {
    try {
      return await this.#wiring.ticket?.();
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {number} number
   */
  #listen(socket, number) {
    this.#socket = socket;
    const mine = () => number === this.#number;
    socket.addEventListener("message", ({ data }) => mine() && this.#heard(eventOf(data)));
    socket.addEventListener("close", ({ code, reason }) => mine() && this.#ended(code, reason));
  }

  /** @param {import("./incoming.js").RealtimeEvent | null} event */
  #heard(event) {
    if (!event) {
      return;
    }
    if (this.state !== "open" && event.type === "session.created" && isWhole(event)) {
      this.#begun();
    }
    if (event.type === "error") {
      this.#error = event.error ?? null;
    }
    this.dispatchEvent(new CustomEvent("message", { detail: event }));
  }

  #begun() {
    this.#forgo();
    this.#reached = true;
    this.#openedAt = this.#wiring.now();
    this.ending = null;
    this.#become("open");
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @param {boolean} retry false: who asks for the ticket knows that it is of no use to ask again
   */
  #ended(code, reason, retry = true) {
    const begun = this.state === "open";
    const { backOff, now, random, after } = this.#wiring;
    const error = begun ? fatal(this.#error) : this.#error;
    const ending = explain(code, reason, error, { begun, reached: this.#reached });
    this.ending = { ...ending, retry: ending.retry && retry };
    if (begun && backOff && now() - this.#openedAt >= backOff.stableMs) {
      this.#attempt = 0;
    }
    this.#abandon();
    const wanted = ending.automatic || (code === UNTRIED && retry && this.#reached);
    if (!wanted || !backOff || this.#attempt >= backOff.attempts) {
      this.#become("closed");
      return;
    }
    const delay = delayBefore(++this.#attempt, backOff, random);
    this.#forgo = after(() => this.#dial("reconnecting"), delay);
    this.#become("reconnecting", delay);
  }

  /** Have nothing more to do with the connection that there is. */
  #abandon() {
    this.#number++;
    this.#forgo();
    this.#forgo = () => {};
    this.#socket?.close(LEFT);
    this.#socket = null;
    this.#error = null;
  }

  /**
   * @param {State} state
   * @param {number | null} delayMs
   */
  #become(state, delayMs = null) {
    const previous = this.state;
    this.state = state;
    const detail = { state, previous, ending: this.ending, attempt: this.#attempt, delayMs };
    this.dispatchEvent(new CustomEvent("state", { detail }));
  }
}

/**
 * Tell errors that end a session from those that refuse one event.
 * @param {ErrorBody | null} error
 * @returns {ErrorBody | null}
 */
function fatal(error) {
  return error?.event_id ? null : error;
}
