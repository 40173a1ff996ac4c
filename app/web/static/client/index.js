// @ts-check
/** What a frontend imports. */

export { EndedError, RealtimeRelayClient } from "./client.js";
export { explain } from "./endings.js";
export { MicrophoneError, microphones } from "./microphone.js";
export { Transcript } from "./transcript.js";
