// @ts-check
/**
 * What a client asks its session to be.
 *
 * Push-to-talk is nothing but a session without turn detection. What the page does not name is left to the relay:
 * voice mode sends no turn detection of its own, unless it has been switched off before.
 */

/**
 * @typedef {"voice" | "push-to-talk"} Mode
 * @typedef {Record<string, any>} Fields of a GA session
 */

/** @type {Readonly<Fields>} */
const DETECTION = Object.freeze({ type: "server_vad" });

/** What holds fields of its own; every other value is one thing, and is replaced as a whole. */
const HOLDERS = ["audio", "input", "output"];

/**
 * Merge fields into others; one that is `undefined` is taken away, and so is what then holds nothing.
 * @param {Fields} into
 * @param {Fields} fields
 * @returns {Fields} another object
 */
export function merged(into, fields) {
  const result = { ...into };
  for (const [name, value] of Object.entries(fields)) {
    result[name] = HOLDERS.includes(name) ? held(result[name], value) : value;
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
}

/**
 * @param {Fields | undefined} into
 * @param {Fields | null | undefined} fields
 * @returns {Fields | undefined}
 */
function held(into, fields) {
  const result = merged(into ?? {}, fields ?? {});
  return Object.keys(result).length ? result : undefined;
}

/**
 * Write turn detection as fields of a session.
 * @param {Fields | null} detection
 * @returns {Fields}
 */
function detecting(detection) {
  return { audio: { input: { turn_detection: detection } } };
}

/**
 * @param {Fields} session
 * @returns {Fields | null}
 */
export function detectionOf(session) {
  return session.audio?.input?.turn_detection ?? null;
}

export class SessionWishes {
  /** @type {Mode} */
  mode;
  /** @type {Fields} */
  #fields;
  /** @type {Fields | null} what sessions were told to have, for when it is wanted again */
  #seen = null;

  /**
   * @param {Fields} fields
   * @param {Mode} mode
   * @param {Fields | null} detection of voice mode
   */
  constructor(fields, mode, detection) {
    this.#fields = merged(fields, detection ? detecting(detection) : {});
    this.mode = mode;
  }

  /**
   * Write the update that a new session needs.
   * @returns {Fields | null} null: none
   */
  first() {
    const fields = this.#inMode(this.#fields);
    return Object.keys(fields).length ? complete(fields) : null;
  }

  /**
   * Add to the wishes; what is `undefined` is wished no more.
   * @param {Fields} fields
   * @returns {Fields | null} the update that says so; null: there is nothing that it could say
   */
  add(fields) {
    this.#fields = merged(this.#fields, fields);
    const named = merged({}, fields);
    return Object.keys(named).length ? complete(this.#inMode(named)) : null;
  }

  /**
   * Change the mode.
   * @param {Mode} mode
   * @returns {Fields} the update that says so
   */
  change(mode) {
    this.mode = mode;
    const wanted = detectionOf(this.#fields) ?? this.#seen ?? DETECTION;
    return complete(detecting(mode === "voice" ? wanted : null));
  }

  /**
   * Note what a session is.
   * @param {Fields} session
   */
  seen(session) {
    this.#seen = detectionOf(session) ?? this.#seen;
  }

  /**
   * @param {Fields} fields
   * @returns {Fields}
   */
  #inMode(fields) {
    return this.mode === "voice" ? fields : merged(fields, detecting(null));
  }
}

/**
 * @param {Fields} fields
 * @returns {Fields}
 */
function complete(fields) {
  return { type: "realtime", ...fields };
}
