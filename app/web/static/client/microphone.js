// @ts-check
/**
 * The microphone: asked for, resampled and batched in a worklet, handed on as PCM16 at 24 kHz.
 *
 * Muted it gives silence, by disabling its track, so that the browser shows it too: a service that detects turns
 * goes on hearing where one ends.
 */

import { loudness } from "./batcher.js";

/**
 * @typedef {object} MicrophoneOptions
 * @property {boolean} [echoCancellation]
 * @property {boolean} [noiseSuppression]
 * @property {boolean} [autoGainControl]
 * @property {string} [deviceId]
 * @property {number} [batchMs] milliseconds of audio in one message
 *
 * @typedef {object} MicrophoneChange
 * @property {"on" | "off" | "failed"} state
 * @property {boolean} muted
 * @property {string} deviceId
 * @property {string} label
 * @property {{name: string, message: string} | null} error
 */

/** @type {Readonly<MicrophoneOptions & {batchMs: number}>} */
export const MICROPHONE = Object.freeze({
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  batchMs: 50,
});

const FINISH_MS = 250;

/** @type {Readonly<Record<string, string>>} */
const PROBLEMS = Object.freeze({
  InsecureContext: "There is no microphone here: the page must come by https, or from localhost.",
  NotAllowedError: "The use of the microphone is denied. Allow it for this page in the browser.",
  NotFoundError: "No microphone was found.",
  OverconstrainedError: "The chosen microphone is not there any more.",
  NotReadableError: "The microphone cannot be read: another program may have it.",
  DeviceLost: "The microphone was lost.",
});

/** Why there is no microphone; `message` is a sentence for people. */
export class MicrophoneError extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    const name = cause instanceof Error ? cause.name : String(cause);
    super(PROBLEMS[name] ?? `The microphone could not be opened (${name}).`, { cause });
    this.name = name;
  }
}

/**
 * List the microphones; their labels are empty until the microphone has been allowed once.
 * @returns {Promise<{deviceId: string, label: string}[]>}
 */
export async function microphones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter(({ kind }) => kind === "audioinput").map(({ deviceId, label }) => ({ deviceId, label }));
}

/** Tells `batch` (Int16Array) and `change` (MicrophoneChange). */
export class Microphone extends EventTarget {
  level = 0;
  muted = false;
  #options;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {AudioNode[]} */
  #nodes = [];
  /** @type {MessagePort | null} */
  #port = null;
  #number = 0;
  #finished = () => {};

  /** @param {MicrophoneOptions} options */
  constructor(options) {
    super();
    this.#options = { ...MICROPHONE, ...options };
  }

  /** Whether it is open, muted or not. */
  get on() {
    return this.#stream !== null;
  }

  /**
   * Open it, or change the device.
   * @param {() => Promise<AudioContext>} ready gives a context that has the worklet
   * @param {string} [deviceId]
   */
  async start(ready, deviceId = this.#options.deviceId) {
    const number = ++this.#number;
    try {
      const [stream, context] = await both(open({ ...this.#options, deviceId }), ready());
      if (number === this.#number) {
        this.#options.deviceId = deviceId;
        this.#connect(context, stream);
      } else {
        stop(stream);
      }
    } catch (cause) {
      const error = new MicrophoneError(cause);
      if (number === this.#number) {
        this.#change("failed", error);
      }
      throw error;
    }
  }

  /** Close it. */
  stop() {
    this.#number++;
    if (this.on) {
      this.#disconnect();
      this.#change("off");
    }
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.muted = muted;
    this.#enable();
    this.#change(this.on ? "on" : "off");
  }

  /** Forget what is in no batch yet. */
  reset() {
    this.#port?.postMessage({ type: "reset" });
  }

  /** Hand over what is in no batch yet; resolves when it was. */
  finish() {
    const port = this.#port;
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.#finished = resolve;
        port?.postMessage({ type: "finish" });
        setTimeout(resolve, port ? FINISH_MS : 0);
      })
    );
  }

  /**
   * @param {AudioContext} context
   * @param {MediaStream} stream
   */
  #connect(context, stream) {
    this.#disconnect();
    this.#stream = stream;
    const source = context.createMediaStreamSource(stream);
    const { batchMs } = this.#options;
    const node = new AudioWorkletNode(context, "relay-microphone", { processorOptions: { batchMs } });
    node.port.onmessage = ({ data }) => this.#told(data);
    // It puts nothing out, but some browsers run only what leads somewhere.
    source.connect(node).connect(context.destination);
    this.#nodes = [source, node];
    this.#port = node.port;
    const [track] = stream.getAudioTracks();
    track.addEventListener("ended", () => this.#stream === stream && this.#lost());
    this.#enable();
    this.#change("on");
  }

  #disconnect() {
    this.#nodes.forEach((node) => node.disconnect());
    this.#nodes = [];
    this.#port?.close();
    this.#port = null;
    if (this.#stream) {
      stop(this.#stream);
    }
    this.#stream = null;
    this.level = 0;
  }

  #lost() {
    this.#disconnect();
    this.#change("failed", new MicrophoneError("DeviceLost"));
  }

  #enable() {
    this.#stream?.getAudioTracks().forEach((track) => (track.enabled = !this.muted));
  }

  /** @param {any} told */
  #told(told) {
    if (told.type === "finished") {
      this.#finished();
      return;
    }
    this.level = loudness(told.batch);
    this.dispatchEvent(new CustomEvent("batch", { detail: told.batch }));
  }

  /**
   * @param {"on" | "off" | "failed"} state
   * @param {MicrophoneError | null} error
   */
  #change(state, error = null) {
    const track = this.#stream?.getAudioTracks()[0];
    const deviceId = track?.getSettings().deviceId ?? "";
    const told = error && { name: error.name, message: error.message };
    const detail = { state, muted: this.muted, deviceId, label: track?.label ?? "", error: told };
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

/**
 * @param {MicrophoneOptions} options
 * @returns {Promise<MediaStream>}
 */
async function open({ deviceId, batchMs: _, ...processing }) {
  if (!navigator.mediaDevices) {
    throw new MicrophoneError("InsecureContext");
  }
  const device = deviceId ? { deviceId: { exact: deviceId } } : {};
  return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, ...processing, ...device } });
}

/**
 * Wait for both, which were asked for at once, within the caller's gesture; a microphone alone is let go again.
 * @param {Promise<MediaStream>} opened
 * @param {Promise<AudioContext>} ready
 * @returns {Promise<[MediaStream, AudioContext]>}
 */
async function both(opened, ready) {
  try {
    return await Promise.all([opened, ready]);
  } catch (cause) {
    opened.then(stop, () => {});
    throw cause;
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  stream.getTracks().forEach((track) => track.stop());
}
