// @ts-check
/** What a session may be given: a voice, a profile, and a tool that this page itself answers. */

import { LOCAL_TIME, answerLocalTime } from "./local-time.js";
import { byId, offer } from "./dom.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */
/** @typedef {import("./relay.js").Facts} Facts */

const voice = byId("voice", HTMLSelectElement);
const profile = byId("profile", HTMLSelectElement);
const field = byId("profile-field", HTMLElement);
const clock = byId("clock", HTMLInputElement);

/**
 * Offer what the relay has.
 * @param {Facts} facts
 */
export function offerChoices({ voices, profiles, profile: usual }) {
  offer(voice, [{ value: "", label: "Default" }, ...voices.map(same)]);
  offer(profile, profiles.map(same));
  profile.value = profiles.includes(profile.value) ? profile.value : (usual ?? "");
  usual !== null && !profile.dataset.chosen && (profile.value = usual);
  field.hidden = profiles.length === 0;
}

/** Return the profile that is chosen, or null where there is no choice. */
export function chosenProfile() {
  return profile.value || null;
}

/**
 * Give a client what is chosen, now and whenever that changes.
 * @param {Client} client
 * @param {() => void} connectAnew
 */
export function followChoices(client, connectAnew) {
  followVoice(client);
  profile.addEventListener("change", () => {
    profile.dataset.chosen = "true";
    client.profile = chosenProfile();
    client.state === "closed" || connectAnew();
  });
  clock.addEventListener("change", () => {
    client.updateSession({ tools: clock.checked ? [LOCAL_TIME] : [] });
  });
  answerLocalTime(client);
}

/**
 * A service changes its voice only before it has spoken; the default one comes back with another session.
 * @param {Client} client
 */
function followVoice(client) {
  let spoken = false;
  client.addEventListener("session.created", () => (spoken = false));
  client.addEventListener("response.output_audio.delta", () => (spoken = true));
  voice.addEventListener("change", () => {
    const chosen = voice.value || undefined;
    client.updateSession({ audio: { output: { voice: chosen } } }, { send: !spoken });
  });
}

/** @param {string} name */
function same(name) {
  return { value: name, label: name };
}
