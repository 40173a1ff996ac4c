// @ts-check
/** One row of the event log: an event, or a run of pieces of the same stream, which says how many they were. */

import { make } from "./dom.js";

const AUDIO = /^(input_audio_buffer\.append|response\.(output_)?audio\.delta)$/;
const STREAM = /(\.append|\.delta)$/;
const MOST = 200;

/** @typedef {{direction: "in" | "out", event: any, at: number}} Told */

/** A row. */
export class Row {
  /** @param {Told} told */
  constructor({ direction, event, at }) {
    this.direction = direction;
    this.type = String(event.type);
    this.events = [event];
    this.at = at;
    this.times = 1;
    /** Whether more of it is to come. */
    this.streams = STREAM.test(this.type);
    this.count = make("span");
    this.verdict = make("span", { class: "verdict" });
    this.element = this.#made();
    this.type === "error" && this.refuse(event.error?.code ?? "error");
  }

  /**
   * Tell whether an event is more of the same stream.
   * @param {Told} told
   */
  continues({ direction, event }) {
    const same = direction === this.direction && event.type === this.type;
    return same && this.streams && event.item_id === this.events[0].item_id && !this.full;
  }

  /** Whether it takes no more. */
  get full() {
    return this.events.length >= MOST;
  }

  /**
   * Take more of it: of sound only the number counts.
   * @param {Told} told
   */
  again({ event }) {
    this.times += 1;
    AUDIO.test(this.type) || this.events.push(event);
    this.count.textContent = ` × ${this.times}`;
  }

  /**
   * Tell whether this is the event of that id.
   * @param {string | undefined} id
   */
  has(id) {
    return id !== undefined && this.events.some((event) => event.event_id === id);
  }

  /**
   * Mark it as refused.
   * @param {string} why
   */
  refuse(why) {
    this.element.dataset.refused = "true";
    this.verdict.textContent = ` ✕ ${this.type === "error" ? why : `refused: ${why}`}`;
  }

  /**
   * Tell whether it has these words, in its type or its content.
   * @param {string} words in lower case
   */
  says(words) {
    return !words || this.type.includes(words) || this.lines().toLowerCase().includes(words);
  }

  /** The row as JSON, a line for each event that is kept. */
  lines() {
    const { direction, times, events } = this;
    const more = times > events.length ? { times } : {};
    const at = Math.round(this.at);
    return events.map((event) => JSON.stringify({ direction, at, ...more, event }, elided(event.type))).join("\n");
  }

  #made() {
    const sent = this.direction === "out";
    const side = make("span", { class: "arrow", "aria-hidden": "true" }, sent ? "↑" : "↓");
    const spoken = make("span", { class: "unseen" }, sent ? "sent " : "received ");
    const name = this.type.split(/(?<=[._])/).flatMap((part) => [part, make("wbr")]);
    const what = make("span", {}, spoken, ...name, this.count, this.verdict);
    const time = make("span", { class: "time" }, `${(this.at / 1000).toFixed(2)} s`);
    const details = make("details", {}, make("summary", {}, side, what, time));
    details.addEventListener("toggle", () => this.#open(details));
    return make("li", { "data-side": sent ? "sent" : "received", "data-type": this.type }, details);
  }

  /** @param {HTMLElement} details */
  #open(details) {
    details.querySelector("pre")?.remove();
    const shown = this.events.map((event) => JSON.stringify(event, elided(this.type), 2));
    details.append(make("pre", {}, shown.join("\n")));
  }
}

/**
 * Return what leaves the sound out of JSON.
 * @param {string} type
 * @returns {(key: string, value: unknown) => unknown}
 */
function elided(type) {
  return (key, value) => {
    const sound = key === "audio" || (key === "delta" && AUDIO.test(type));
    return sound && typeof value === "string" ? `(${Math.floor((value.length * 3) / 4)} bytes of audio)` : value;
  };
}
