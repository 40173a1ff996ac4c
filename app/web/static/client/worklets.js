// @ts-check
/**
 * The client's ends of the audio thread: the microphone's, which makes batches, and the player's, which counts.
 *
 * The microphone resamples, batches, and hands the batches over. Told `{type: "reset"}` it forgets what is no
 * batch yet; told `{type: "finish"}` it hands over what is left, and says `finished`.
 *
 * The player is told `audio`, `end` and `flush`; it reports twenty times a second while it plays, at once what
 * began and ended (with the time of the context's clock), and answers a flush with the exact counts.
 */

import { Batcher, mono } from "./batcher.js";
import { PlaybackQueue } from "./playback-queue.js";

class MicrophoneProcessor extends AudioWorkletProcessor {
  #batcher;

  /** @param {{processorOptions?: {batchMs: number}}} options */
  constructor(options) {
    super();
    this.#batcher = new Batcher(sampleRate, options.processorOptions?.batchMs ?? 50);
    this.port.onmessage = ({ data }) => (data.type === "reset" ? this.#batcher.reset() : this.#finish());
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean}
   */
  process(inputs) {
    const channels = inputs[0];
    if (channels.length) {
      this.#batcher.push(mono(channels)).forEach((batch) => this.#hand(batch));
    }
    return true;
  }

  #finish() {
    this.#batcher.take().forEach((batch) => this.#hand(batch));
    this.port.postMessage({ type: "finished" });
  }

  /** @param {Int16Array<ArrayBuffer>} batch */
  #hand(batch) {
    this.port.postMessage({ type: "batch", batch }, [batch.buffer]);
  }
}

registerProcessor("relay-microphone", MicrophoneProcessor);

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
