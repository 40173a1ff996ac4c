// The audio thread that tests run, with the real queue in it.

import { PlaybackQueue } from "../../../app/web/static/client/playback-queue.js";

/** An audio thread that runs when it is told to. */
export class Thread {
  queue = new PlaybackQueue(24_000);
  deaf = false;

  postMessage(message) {
    const { type, itemId, contentIndex } = message;
    if (type === "audio") {
      this.queue.add(itemId, contentIndex, message.samples);
    } else if (type === "end") {
      this.queue.end(itemId, contentIndex);
    } else if (!this.deaf) {
      this.#say({ type: "flushed", id: message.id, parts: this.queue.flush() });
    }
  }

  play(ms) {
    this.queue.render(new Float32Array(ms * 24));
    this.queue.takeNews().forEach(({ state, part }) => this.#say({ type: state, part, time: 1 }));
    const { current: part, level, underruns, overflow } = this.queue;
    this.#say({ type: "report", part, level, underruns, overflow });
  }

  #say(data) {
    queueMicrotask(() => this.onmessage({ data }));
  }
}
