// @ts-check
/**
 * The page's end of the player: it hands audio to the worklet, and knows what has been heard of it.
 *
 * Only the worklet counts what is played; what stands here is its last word, and after a flush its exact one.
 */

import { LONGEST, milliseconds } from "./pcm.js";

/**
 * @typedef {import("./answers.js").Cut} Cut
 *
 * @typedef {Cut & {finished: boolean}} Part
 *
 * @typedef {object} Playback
 * @property {"started" | "finished"} state
 * @property {string} itemId
 * @property {number} contentIndex
 * @property {number} time of the context's clock, in seconds
 */

/** How long a flush waits for the worklet, which does nothing while its context is suspended. */
const PATIENCE_MS = 250;
/** Parts that are remembered. */
const KEPT = 64;

/** Tells `playback` (Playback). */
export class Player extends EventTarget {
  level = 0;
  underruns = 0;
  /** Samples that came when ten minutes were waiting, and were lost. */
  overflow = 0;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {any[] | null} what the worklet is to be told when it is there; null: there will be none */
  #waiting = [];
  /** @type {Map<string, Part>} */
  #parts = new Map();
  #refused = 0;
  #flushes = 0;
  /** @type {Map<number, (parts: any[]) => void>} */
  #flushing = new Map();

  /** Whether something is playing, or waits to be. */
  get playing() {
    return this.#unfinished.length > 0;
  }

  /** The items that are playing, or wait to be. */
  get pending() {
    return this.#unfinished.map(({ itemId }) => itemId);
  }

  get #unfinished() {
    return [...this.#parts.values()].filter((part) => !part.finished);
  }

  /**
   * Speak to a worklet from now on.
   * @param {MessagePort} port
   */
  attach(port) {
    this.#port = port;
    port.onmessage = ({ data }) => this.#told(data);
    this.#waiting?.forEach((each) => port.postMessage(each));
    this.#waiting = [];
  }

  /** Keep what comes for a worklet that will be there soon. */
  expect() {
    this.#waiting ??= [];
  }

  /** Have no worklet any more, and expect none; what was not played never will be. */
  detach() {
    this.#port = null;
    this.#waiting = null;
    this.#parts.forEach((part) => (part.finished = true));
    this.level = 0;
  }

  /**
   * Play audio.
   * @param {string} itemId
   * @param {number} contentIndex
   * @param {Int16Array<ArrayBuffer>} samples
   */
  add(itemId, contentIndex, samples) {
    if (!this.#waiting || !samples.length) {
      return;
    }
    if (!this.#fits(samples.length)) {
      this.#refused += samples.length;
      this.overflow += samples.length;
      return;
    }
    const part = this.#part(itemId, contentIndex);
    part.received += samples.length;
    part.finished = false;
    this.#post({ type: "audio", itemId, contentIndex, samples }, [samples.buffer]);
  }

  /**
   * Note that the audio of a part is complete.
   * @param {string} itemId
   * @param {number} contentIndex
   */
  end(itemId, contentIndex) {
    if (this.#parts.has(keyOf(itemId, contentIndex))) {
      this.#post({ type: "end", itemId, contentIndex });
    }
  }

  /** Note that nothing more of anything will come, whether each part was said to be complete or not. */
  endAll() {
    this.#unfinished.forEach(({ itemId, contentIndex }) => this.#post({ type: "end", itemId, contentIndex }));
  }

  /**
   * Stop, and forget what waits.
   * @returns {Promise<Cut[]>} the parts that had not been played whole, in order
   */
  async flush() {
    const cut = this.#unfinished;
    if (cut.length) {
      (await this.#flushed()).forEach((part) => this.#count(part));
      cut.forEach((part) => (part.finished = true));
    }
    return cut;
  }

  /**
   * Say how much of a part has been played, in milliseconds.
   * @param {string} itemId
   * @param {number} contentIndex
   * @returns {number}
   */
  played(itemId, contentIndex) {
    return milliseconds(this.#parts.get(keyOf(itemId, contentIndex))?.played ?? 0);
  }

  /**
   * Tell whether so much more may wait: a context that is suspended plays nothing, however long it lasts.
   * @param {number} samples
   */
  #fits(samples) {
    const waiting = this.#unfinished.reduce((sum, { received, played }) => sum + received - played, 0);
    return waiting + samples <= LONGEST && this.#unfinished.length < KEPT;
  }

  /** @returns {Promise<any[]>} */
  #flushed() {
    const id = ++this.#flushes;
    const answer = new Promise((resolve) => {
      this.#flushing.set(id, resolve);
      setTimeout(resolve, PATIENCE_MS, []);
    });
    this.#waiting &&= [];
    this.#port?.postMessage({ type: "flush", id });
    return this.#port ? answer.finally(() => this.#flushing.delete(id)) : Promise.resolve([]);
  }

  /** @param {any} told */
  #told(told) {
    switch (told.type) {
      case "report":
        this.#report(told);
        break;
      case "flushed":
        this.#flushing.get(told.id)?.(told.parts);
        break;
      default:
        this.#moved(told);
    }
  }

  /** @param {any} report */
  #report({ part, level, underruns, overflow }) {
    Object.assign(this, { level, underruns, overflow: overflow + this.#refused });
    if (part) {
      this.#count(part);
    }
  }

  /** @param {{type: "started" | "finished", part: import("./playback-queue.js").Played, time: number}} news */
  #moved({ type, part, time }) {
    const { itemId, contentIndex } = part;
    this.#count(part);
    this.#part(itemId, contentIndex).finished = type === "finished";
    this.dispatchEvent(new CustomEvent("playback", { detail: { state: type, itemId, contentIndex, time } }));
  }

  /** @param {import("./playback-queue.js").Played} played */
  #count({ itemId, contentIndex, played }) {
    this.#part(itemId, contentIndex).played = played;
  }

  /**
   * @param {string} itemId
   * @param {number} contentIndex
   * @returns {Part}
   */
  #part(itemId, contentIndex) {
    const key = keyOf(itemId, contentIndex);
    const part = this.#parts.get(key) ?? { itemId, contentIndex, received: 0, played: 0, finished: false };
    this.#parts.set(key, part);
    const [oldest] = this.#parts;
    if (this.#parts.size > KEPT && oldest[1].finished) {
      this.#parts.delete(oldest[0]);
    }
    return part;
  }

  /**
   * @param {any} message
   * @param {Transferable[]} transferred
   */
  #post(message, transferred = []) {
    if (this.#port) {
      this.#port.postMessage(message, transferred);
    } else {
      this.#waiting?.push(message);
    }
  }
}

/**
 * @param {string} itemId
 * @param {number} contentIndex
 * @returns {string}
 */
function keyOf(itemId, contentIndex) {
  return `${contentIndex} ${itemId}`;
}
