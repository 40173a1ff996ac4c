// @ts-check
/** The page put together: one client, and what each part shows or does of it. */

import { RealtimeRelayClient } from "../client/index.js";
import { askForKey, keyIsMissing } from "./access.js";
import { chosenProfile, followChoices, offerChoices } from "./choices.js";
import { chosenDevice, followDevice, keepDevices } from "./devices.js";
import { byId } from "./dom.js";
import { showLevels } from "./levels.js";
import { logEvents, startLog } from "./log.js";
import { tell, untell } from "./notices.js";
import { facts, ticket } from "./relay.js";
import { showStatus } from "./status.js";
import { startTalking } from "./talking.js";
import { showTimes } from "./timing.js";
import { showWords } from "./words.js";

/** What a session is asked for beside its profile: captions of what the user says. */
const TRANSCRIPTION = { audio: { input: { transcription: { model: "whisper-1" } } } };

const SIMULATED = "This is a simulated service: it hears that you speak, but not what you say.";
const INSECURE =
  "This page came over plain http:// from another machine, and browsers give such pages neither microphone nor " +
  "sound. Open it over https://, or on the relay's own machine. Writing works.";

const client = new RealtimeRelayClient({
  relayEvents: true,
  session: TRANSCRIPTION,
  ticket: () => ticket(chosenProfile()),
});

function start() {
  if (!keyIsMissing()) {
    turnMicrophoneOn();
    connect();
  }
}

function connect() {
  client.profile = chosenProfile();
  // What goes wrong is told by the state.
  return client.connect().then(
    () => true,
    () => false,
  );
}

let asking = false;

async function turnMicrophoneOn() {
  if (!window.isSecureContext) {
    return;
  }
  asking = true;
  client.addEventListener("microphone", () => (asking = false), { once: true });
  // What goes wrong is told by the event.
  await client.startMicrophone({ deviceId: chosenDevice() }).catch(() => {});
}

function connectAnew() {
  const listening = client.microphoneOn;
  client.close();
  listening && turnMicrophoneOn();
  connect();
}

/** @param {SubmitEvent} event */
async function write(event) {
  event.preventDefault();
  const field = byId("text", HTMLInputElement);
  const text = field.value.trim();
  if (!text || (client.state !== "open" && keyIsMissing())) {
    return;
  }
  // At once, so that nobody sends it twice; what could not be sent comes back, unless another text stands there.
  field.value = "";
  const sent = (client.state === "open" || (await connect())) && (await client.sendText(text)) !== null;
  if (!sent && !field.value) {
    field.value = text;
  }
}

function watchMicrophone() {
  client.addEventListener("microphone", ({ detail: { state, error } }) => {
    if (state === "failed") {
      const remedy = { label: "Try again", press: turnMicrophoneOn };
      tell("microphone", "warn", `${error?.message ?? "No microphone."} You can still write.`, remedy);
    } else {
      untell("microphone");
    }
  });
  client.addEventListener("state", ({ detail }) => detail.state === "closed" && client.stopMicrophone());
}

/** @param {import("./relay.js").Facts} given */
function show(given) {
  given.simulated && tell("simulated", "info", SIMULATED);
  offerChoices(given);
}

function foldOnPhones() {
  if (matchMedia("(max-width: 59.99rem)").matches) {
    document.querySelectorAll("details.card").forEach((card) => card.removeAttribute("open"));
  }
}

async function begin() {
  foldOnPhones();
  startLog();
  [logEvents, showWords, showStatus, showLevels, showTimes, followDevice].forEach((part) => part(client));
  startTalking(client, { start, microphone: turnMicrophoneOn, asking: () => asking });
  watchMicrophone();
  followChoices(client, connectAnew);
  byId("compose", HTMLFormElement).addEventListener("submit", write);
  keepDevices();
  window.isSecureContext || tell("insecure", "warn", INSECURE);
  try {
    const given = await facts();
    show(given);
    askForKey(given, show);
  } catch (error) {
    tell("relay", "bad", error instanceof Error ? error.message : "The relay does not answer.");
  }
  document.body.dataset.ready = "true";
}

begin();
