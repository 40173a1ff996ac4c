// The clients of the package `openai`, pointed at a relay: what changes is the base URL, and the key.

import OpenAI, { AzureOpenAI } from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

/** @typedef {OpenAIRealtimeWS | OpenAIRealtimeWebSocket} Realtime */

const { RELAY_URL: relay = "https://localhost", RELAY_KEY: key = "", RELAY_TICKET: given } = process.env;
const model = "gpt-realtime";

/** On a server: the key in a header. @returns {Promise<Realtime>} */
async function ws() {
  return new OpenAIRealtimeWS({ model }, new OpenAI({ baseURL: `${relay}/v1`, apiKey: key }));
}

/** As in a browser: a ticket in a subprotocol, from a server of yours. @returns {Promise<Realtime>} */
async function websocket() {
  const apiKey = given ?? (await ticket());
  return new OpenAIRealtimeWebSocket({ model }, new OpenAI({ baseURL: `${relay}/v1`, apiKey }));
}

/** What was written for Azure's service. @returns {Promise<Realtime>} */
async function azureWs() {
  return OpenAIRealtimeWS.azure(azure());
}

/** The same without `ws`: it sends the key in a header, which browsers cannot. @returns {Promise<Realtime>} */
async function azureWebsocket() {
  return OpenAIRealtimeWebSocket.azure(azure());
}

const clients = { ws, websocket, azureWs, azureWebsocket };

function azure() {
  return new AzureOpenAI({ endpoint: relay, apiKey: key, apiVersion: "v1", deployment: model });
}

/** Mint a ticket: it opens one connection, within a minute. */
export async function ticket() {
  const openai = new OpenAI({ baseURL: `${relay}/v1`, apiKey: key });
  return (await openai.realtime.clientSecrets.create({ session: { type: "realtime", model } })).value;
}

/** Connect with the client that the first argument names, and tell its errors and its end. */
export async function connect() {
  const realtime = await clients[/** @type {keyof typeof clients} */ (process.argv[2])]();
  realtime.on("error", ({ message, error }) => tell({ error: error?.code ?? message }));
  // `addEventListener` is there in both: in the browsers' WebSocket, and in that of the package `ws`.
  const socket = /** @type {globalThis.WebSocket} */ (/** @type {unknown} */ (realtime.socket));
  socket.addEventListener("close", ({ code, reason }) => tell({ closed: code, reason }));
  return realtime;
}

/** Print one line of JSON. @param {object} line */
export function tell(line) {
  console.log(JSON.stringify(line));
}
