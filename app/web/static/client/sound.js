// @ts-check
/**
 * The AudioContext, and what plays in it.
 *
 * There is one context, at the rate of the device: a microphone can be connected to no other in every browser. The
 * worklets resample. A browser starts it only after a gesture, so whether it runs is told.
 */

import { Player } from "./player.js";

/** How long a browser that lets a context start may take for it. */
const START_MS = 300;
const INSECURE = "There is no sound here: the page must come by https, or from localhost.";
const UNLOADED = "The audio worklets could not be loaded.";

/**
 * @typedef {"none" | "suspended" | "running" | "closed" | "failed"} SoundState
 *
 * @typedef {object} SoundChange
 * @property {SoundState} state
 * @property {{name: string, message: string} | null} error
 */

/** Tells `audio` (SoundChange); its `player` tells `playback`. */
export class Sound extends EventTarget {
  player = new Player();
  /** @type {AudioContext | null} */
  context = null;
  /** @type {GainNode | null} */
  output = null;
  #prebufferMs;
  #volume = 1;
  /** @type {Promise<AudioContext> | null} */
  #ready = null;
  /** @type {SoundState} */
  #told = "none";

  /** @param {number} prebufferMs */
  constructor(prebufferMs) {
    super();
    this.#prebufferMs = prebufferMs;
  }

  /** @returns {SoundState} */
  get state() {
    return this.#told;
  }

  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = volume;
    if (this.output) {
      this.output.gain.value = volume;
    }
  }

  /**
   * Make the context, in the gesture that the caller is in.
   * @returns {Promise<AudioContext>} when the worklets are there
   */
  open() {
    if (!this.#ready) {
      this.player.expect();
      const ready = this.#load();
      ready.catch(() => this.#ready === ready && this.#fail());
      this.#ready = ready;
    }
    return this.#ready;
  }

  /** Start the context that a browser has suspended; in a gesture. */
  async resume() {
    this.open();
    await this.context?.resume();
  }

  /** End it. */
  close() {
    if (this.context) {
      this.#release();
      this.#tell("closed");
    }
  }

  /**
   * Say when something of the context's clock is heard, on the clock of `performance.now()`.
   * @param {number} time in seconds
   * @returns {number}
   */
  heardAt(time) {
    const context = this.context;
    const ahead = context ? (time - context.currentTime + (context.outputLatency || 0)) * 1000 : 0;
    return performance.now() + ahead;
  }

  #make() {
    const context = new AudioContext({ latencyHint: "interactive" });
    this.context = context;
    this.output = new GainNode(context, { gain: this.#volume });
    this.output.connect(context.destination);
    context.onstatechange = () => this.#look();
    return context;
  }

  /** @returns {Promise<AudioContext>} */
  async #load() {
    const context = this.#make();
    await context.audioWorklet.addModule(new URL("./worklets.js", import.meta.url));
    if (this.context === context) {
      this.#start(context);
    }
    return context;
  }

  /** Do without sound; whoever opens it again tries again. */
  #fail() {
    this.#release();
    const message = isSecureContext ? UNLOADED : INSECURE;
    this.#tell("failed", { name: isSecureContext ? "WorkletError" : "InsecureContext", message });
  }

  #release() {
    const context = this.context;
    this.context = this.output = this.#ready = null;
    this.player.detach();
    if (context) {
      context.onstatechange = null;
      context.close();
    }
  }

  /** @param {AudioContext} context */
  #start(context) {
    const processorOptions = { prebufferMs: this.#prebufferMs };
    const shape = { numberOfInputs: 0, outputChannelCount: [1] };
    const node = new AudioWorkletNode(context, "relay-player", { ...shape, processorOptions });
    node.connect(/** @type {GainNode} */ (this.output));
    this.player.attach(node.port);
    setTimeout(() => this.context === context && this.#look(), START_MS);
  }

  #look() {
    // Safari has a state of its own for a call that comes in.
    this.#tell(this.context?.state === "running" ? "running" : "suspended");
  }

  /**
   * @param {SoundState} state
   * @param {{name: string, message: string} | null} error
   */
  #tell(state, error = null) {
    if (state !== this.#told) {
      this.#told = state;
      this.dispatchEvent(new CustomEvent("audio", { detail: { state, error } }));
    }
  }
}
