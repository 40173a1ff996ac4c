// @ts-check
/**
 * What comes in: messages read as events, and what is needed of those that the client follows.
 *
 * A server may be newer than this, broken, or hostile. What is no event is nobody's. An event that lacks what is
 * needed of it is told as it came, and followed by nobody: so who follows one need not doubt its shape.
 */

/**
 * @typedef {{type: string, event_id?: string, [field: string]: any}} RealtimeEvent
 * @typedef {(value: any) => boolean} Shape
 */

/** More content parts than an item has: an index is no way to claim memory. */
const MOST_PARTS = 256;

/** @type {Shape} */
const text = (value) => typeof value === "string";

/** @type {(fields: Record<string, Shape>) => Shape} */
const object = (fields) => (value) =>
  typeof value === "object" && value !== null && Object.entries(fields).every(([name, is]) => is(value[name]));

/** @type {(each: Shape) => Shape} */
const list = (each) => (value) => Array.isArray(value) && value.every(each);

/** @type {(shape: Shape) => Shape} */
const maybe = (shape) => (value) => value === undefined || value === null || shape(value);

/** @type {Shape} */
const index = (value) => Number.isInteger(value) && value >= 0 && value < MOST_PARTS;

const PART = { item_id: text, content_index: maybe(index) };
const CONTENT = object({ type: text, transcript: maybe(text), text: maybe(text) });
const CALL = { name: maybe(text), call_id: maybe(text), arguments: maybe(text) };
const ITEM = object({ id: text, type: text, role: maybe(text), content: maybe(list(CONTENT)), ...CALL });
const PLACED = { item: ITEM, previous_item_id: maybe(text) };
const SESSION = { session: object({}) };
const RESPONSE = { response: object({ id: text }) };
const SPEECH = "conversation.item.input_audio_transcription";

/** @type {Readonly<Record<string, Record<string, Shape>>>} what is needed, by type */
const NEEDED = Object.freeze({
  "session.created": SESSION,
  "session.updated": SESSION,
  error: { error: object({ code: maybe(text), event_id: maybe(text) }) },
  "input_audio_buffer.speech_started": { item_id: maybe(text) },
  "input_audio_buffer.committed": { item_id: text, previous_item_id: maybe(text) },
  "conversation.item.added": PLACED,
  "conversation.item.created": PLACED,
  "conversation.item.done": PLACED,
  "conversation.item.deleted": { item_id: text },
  "conversation.item.truncated": { item_id: text },
  [`${SPEECH}.delta`]: { ...PART, delta: maybe(text) },
  [`${SPEECH}.completed`]: { ...PART, transcript: text },
  [`${SPEECH}.failed`]: { ...PART, error: maybe(object({ message: maybe(text) })) },
  "response.created": RESPONSE,
  "response.done": RESPONSE,
  "response.output_item.added": { item: ITEM, response_id: maybe(text) },
  "response.output_item.done": { item: ITEM, response_id: maybe(text) },
  "response.output_text.delta": { ...PART, delta: text },
  "response.output_text.done": { ...PART, text },
  "response.output_audio.delta": { ...PART, response_id: maybe(text), delta: text },
  "response.output_audio.done": PART,
  "response.output_audio_transcript.delta": { ...PART, delta: text },
  "response.output_audio_transcript.done": { ...PART, transcript: text },
  "response.function_call_arguments.delta": { item_id: text, delta: text },
  "response.function_call_arguments.done": { item_id: text, arguments: text },
  "relay.tool_result": { call_id: text, name: text },
});

/**
 * Read a message.
 * @param {unknown} data
 * @returns {RealtimeEvent | null} null: it is no event
 */
export function eventOf(data) {
  const event = parsed(data);
  return typeof event?.type === "string" ? event : null;
}

/**
 * Tell whether an event has all that is needed to follow it; of one that is not known nothing is needed.
 * @param {RealtimeEvent} event
 * @returns {boolean}
 */
export function isWhole(event) {
  return !Object.hasOwn(NEEDED, event.type) || object(NEEDED[event.type])(event);
}

/** @param {unknown} data */
function parsed(data) {
  try {
    return JSON.parse(String(data));
  } catch {
    return null;
  }
}
