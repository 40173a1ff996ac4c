// @ts-check
/**
 * The player's end of the audio thread: it renders, counts, and reports.
 *
 * It is told `audio`, `end` and `flush`; it reports twenty times a second while it plays, at once what began and
 * ended (with the time of the context's clock), and answers a flush with the exact counts.
 */

import { PlaybackQueue } from "./playback-queue.js";

const REPORT_SECONDS = 0.05;

class PlayerProcessor extends AudioWorkletProcessor {
  #queue;
  #reportAt = 0;
  #quiet = true;

  /** @param {{processorOptions?: {prebufferMs: number}}} options */
  constructor(options) {
    super();
    this.#queue = new PlaybackQueue(sampleRate, options.processorOptions?.prebufferMs);
    this.port.onmessage = ({ data }) => this.#told(data);
  }

  /**
   * @param {Float32Array[][]} _
   * @param {Float32Array[][]} outputs
   * @returns {boolean}
   */
  process(_, outputs) {
    const [first, ...others] = outputs[0];
    this.#queue.render(first);
    others.forEach((channel) => channel.set(first));
    for (const { state, part } of this.#queue.takeNews()) {
      this.port.postMessage({ type: state, part, time: currentTime });
    }
    this.#report();
    return true;
  }

  #report() {
    const quiet = this.#queue.current === null && this.#queue.level === 0;
    if (currentTime >= this.#reportAt && !(quiet && this.#quiet)) {
      this.#reportAt = currentTime + REPORT_SECONDS;
      this.#quiet = quiet;
      const { current, level, underruns, overflow } = this.#queue;
      this.port.postMessage({ type: "report", part: current, level, underruns, overflow });
    }
  }

  /** @param {any} told */
  #told(told) {
    switch (told.type) {
      case "audio":
        this.#queue.add(told.itemId, told.contentIndex, told.samples);
        break;
      case "end":
        this.#queue.end(told.itemId, told.contentIndex);
        break;
      case "flush":
        this.port.postMessage({ type: "flushed", id: told.id, parts: this.#queue.flush() });
    }
  }
}

registerProcessor("relay-player", PlayerProcessor);
