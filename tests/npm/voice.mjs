// A conversation by voice: speech from a file (PCM16, 24 kHz, mono), an audible answer, and an interruption.

import { readFile } from "node:fs/promises";
import { connect, tell } from "./clients.mjs";

const speech = await readFile(process.argv[3] ?? "speech.pcm");
const silence = Buffer.alloc(speech.length);
const batch = 4800; // 100 ms
let heard = 0;
const realtime = await connect();

realtime.on("session.created", () =>
  realtime.send({
    type: "session.update",
    session: {
      type: "realtime",
      audio: { input: { format: { type: "audio/pcm", rate: 24000 }, turn_detection: { type: "server_vad" } } },
    },
  }),
);
realtime.on("session.updated", () => say(Buffer.concat([speech, silence])));
realtime.on("input_audio_buffer.speech_started", () => tell({ speech: "started" }));
realtime.on("input_audio_buffer.speech_stopped", () => tell({ speech: "stopped" }));
realtime.on("response.output_audio.delta", ({ delta }) => {
  // Whoever speaks while the model does, interrupts it.
  if (heard === 0) say(speech);
  heard += Buffer.from(delta, "base64").length;
});
realtime.on("response.done", ({ response }) => {
  tell({ heard, status: response.status, reason: response.status_details?.reason });
  realtime.close();
});

/** @param {Buffer} sound */
function say(sound) {
  for (let at = 0; at < sound.length; at += batch) {
    const audio = sound.subarray(at, at + batch).toString("base64");
    realtime.send({ type: "input_audio_buffer.append", audio });
  }
}
