// The relay ends a connection with a code and a reason: here, for a message of more bytes than it takes.

import { connect, tell } from "./clients.mjs";

const realtime = await connect();

realtime.on("session.created", () =>
  realtime.send({ type: "input_audio_buffer.append", audio: "A".repeat(Number(process.argv[3])) }),
);
realtime.on("session.updated", () => tell({ updated: true }));
