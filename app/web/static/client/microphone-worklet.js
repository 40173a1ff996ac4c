// @ts-check
/**
 * The microphone's end of the audio thread: it resamples, batches, and hands the batches over.
 *
 * Told `{type: "reset"}` it forgets what is no batch yet; told `{type: "finish"}` it hands over what is left, and
 * says `finished`.
 */

import { Batcher, mono } from "./batcher.js";

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
