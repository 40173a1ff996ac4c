// A connection whose socket, timers, clock and chance a test holds in its hands.

import { BACK_OFF } from "../../../app/web/static/client/options.js";
import { Connection } from "../../../app/web/static/client/connection.js";

export class ScriptedSocket extends EventTarget {
  sent = [];
  closed = [];
  bufferedAmount = 0;
  readyState = 1;

  constructor(url, protocols) {
    super();
    Object.assign(this, { url, protocols });
  }

  send(text) {
    this.sent.push(text);
  }

  close(code) {
    this.closed.push(code);
  }

  say(event) {
    const whole = event.type === "session.created" ? { session: {}, ...event } : event;
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(whole) }));
  }

  end(code, reason) {
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

export class Script {
  sockets = [];
  timers = [];
  changes = [];
  messages = [];
  time = 0;

  constructor(wiring = {}) {
    this.connection = new Connection({
      url: () => "wss://relay.example/v1/realtime",
      ticket: undefined,
      backOff: BACK_OFF,
      dial: (url, protocols) => this.#dial(url, protocols),
      after: (action, ms) => this.#after(action, ms),
      now: () => this.time,
      random: () => 0.5,
      ...wiring,
    });
    this.connection.addEventListener("state", ({ detail }) => this.changes.push(detail));
    this.connection.addEventListener("message", ({ detail }) => this.messages.push(detail));
  }

  /** The socket that was opened last. */
  get socket() {
    return this.sockets.at(-1);
  }

  states() {
    return this.changes.map(({ state }) => state);
  }

  /** Open it, and wait until there is a socket, or none can be. */
  async open() {
    this.connection.open();
    await this.settled();
  }

  /** Let the timer that was set last run out. */
  async elapse() {
    this.timers.at(-1)?.run();
    await this.settled();
  }

  /** Let everything happen that waits for nothing but its turn. */
  settled() {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #dial(url, protocols) {
    this.sockets.push(new ScriptedSocket(url, protocols));
    return this.socket;
  }

  #after(action) {
    const forget = () => (this.timers = this.timers.filter((each) => each !== timer));
    const timer = { run: () => (forget(), action()) };
    this.timers.push(timer);
    return forget;
  }
}
