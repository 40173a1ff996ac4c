// Server events as GA tells them, and a transcript of some.

import { Transcript } from "../../../app/web/static/client/transcript.js";

export const SPEECH = "conversation.item.input_audio_transcription";
export const SESSION = { audio: { input: { transcription: { model: "whisper-1" } } } };

export function message(id, role, parts, more = {}) {
  return { id, type: "message", role, content: parts, ...more };
}

export const added = (item, previous = null) => ({
  type: "conversation.item.added",
  item,
  previous_item_id: previous,
});
export const done = (item, previous = null) => ({
  type: "conversation.item.done",
  item,
  previous_item_id: previous,
});
export const spoken = (transcript) => [{ type: "input_audio", transcript }];
export const says = (item, delta, index = 0) => ({
  type: "response.output_audio_transcript.delta",
  item_id: item,
  content_index: index,
  delta,
});

export function folded(...events) {
  const transcript = new Transcript();
  transcript.apply({ type: "session.created", session: SESSION });
  events.forEach((event) => transcript.apply(event));
  return transcript;
}
