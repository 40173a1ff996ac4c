// @ts-check
/** The buttons: start, mute or hold to talk, interrupt, end. What the large one does follows the connection. */

import { byId } from "./dom.js";
import { HoldToTalk } from "./hold.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */
/** @typedef {"start" | "wait" | "ask" | "microphone" | "mute" | "unmute" | "hold"} Deed */
/**
 * @typedef {object} Doing what takes more than the client
 * @property {() => void} start
 * @property {() => void} microphone
 * @property {() => boolean} asking whether the user is being asked for the microphone
 */

/** @type {Record<Deed, string>} */
const LABELS = {
  start: "Start talking",
  wait: "Connecting …",
  ask: "Waiting for it …",
  microphone: "Use microphone",
  mute: "Mute",
  unmute: "Unmute",
  hold: "Hold to talk",
};

/** @type {Record<Deed, string>} */
const WORDS = {
  start: "Ready when you are",
  wait: "One moment …",
  ask: "Allow the microphone in your browser",
  microphone: "Write, or use the microphone",
  mute: "Listening. Just speak.",
  unmute: "Muted: nobody hears you",
  hold: "Hold the button or the space key, and talk",
};

const talk = byId("talk", HTMLButtonElement);
const label = byId("talk-label", HTMLElement);
const stop = byId("stop", HTMLButtonElement);
const end = byId("end", HTMLButtonElement);
const turn = byId("turn", HTMLElement);

const CHANGES = ["state", "microphone", "talk", "playback", "response.created", "response.done", "interrupted"];
const SPEECH = ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"];

/**
 * Make the buttons work on a client.
 * @param {Client} client
 * @param {Doing} doing
 */
export function startTalking(client, doing) {
  const hold = new HoldToTalk(talk, client, () => deed(client, doing) === "hold");
  let heard = false;
  const draw = () => {
    const does = deed(client, doing);
    show(client, does);
    turn.textContent = words(client, does, heard);
  };
  SPEECH.forEach((kind, at) => client.addEventListener(kind, () => ((heard = at === 0), draw())));
  client.addEventListener("state", () => (heard = false));
  CHANGES.forEach((kind) => client.addEventListener(kind, draw));
  talk.addEventListener("click", (event) => (press(client, doing, hold, event), draw()));
  stop.addEventListener("click", () => active(stop) && void client.interrupt());
  end.addEventListener("click", () => active(end) && (client.close(), talk.focus()));
  followMode(client, draw);
  draw();
}

/**
 * @param {Client} client
 * @param {() => void} draw
 */
function followMode(client, draw) {
  for (const choice of document.querySelectorAll("input[name=mode]")) {
    choice.addEventListener("change", ({ target }) => {
      const push = target instanceof HTMLInputElement && target.value === "push";
      client.setMode(push ? "push-to-talk" : "voice");
      // Who holds a button to talk means to be heard.
      push && client.unmute();
      draw();
    });
  }
}

/**
 * @param {Client} client
 * @param {Doing} doing
 * @returns {Deed}
 */
function deed({ state, microphoneOn, mode, muted }, doing) {
  if (state !== "open") {
    return state === "closed" ? "start" : "wait";
  }
  if (!microphoneOn) {
    return doing.asking() ? "ask" : "microphone";
  }
  return mode === "push-to-talk" ? "hold" : muted ? "unmute" : "mute";
}

/**
 * @param {Client} client
 * @param {Doing} doing
 * @param {HoldToTalk} hold
 * @param {MouseEvent} event
 */
function press(client, doing, hold, event) {
  /** @type {Record<Deed, () => void>} */
  const deeds = {
    start: doing.start,
    wait: () => {},
    ask: () => {},
    microphone: doing.microphone,
    mute: () => client.mute(),
    unmute: () => client.unmute(),
    hold: () => hold.clicked(event),
  };
  deeds[deed(client, doing)]();
}

/**
 * @param {Client} client
 * @param {Deed} does
 */
function show(client, does) {
  talk.dataset.does = does;
  talk.dataset.held = String(client.talking);
  talk.setAttribute("aria-disabled", String(does === "wait" || does === "ask"));
  label.textContent = does === "hold" && client.talking ? "Let go to send" : LABELS[does];
  stop.setAttribute("aria-disabled", String(client.state !== "open" || !(client.speaking || client.responding)));
  end.setAttribute("aria-disabled", String(client.state === "closed"));
}

/** @param {HTMLButtonElement} button */
function active(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

/**
 * @param {Client} client
 * @param {Deed} does
 * @param {boolean} heard whether the service hears somebody speak
 */
function words(client, does, heard) {
  if (client.talking || (heard && does === "mute")) {
    return "You are speaking";
  }
  if (does === "mute" && (client.speaking || client.responding)) {
    return "Answering. Speak to interrupt.";
  }
  return WORDS[does];
}
