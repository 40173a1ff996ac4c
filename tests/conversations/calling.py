"""Browsers that call, without a browser: an offer as one makes it, and what stands for its data channel."""

from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect

from app.simulator import Simulator
from tests.harness import KEY, PATIENCE, ServedRelay

OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=ice-ufrag:Qx2u",
        "a=ice-pwd:V2pnJ5SrKJX2C5YcJ8hH7Qm1",
        "a=ice-options:trickle",
        "a=fingerprint:sha-256 " + ":".join(["5E"] * 32),
        "a=setup:actpass",
        "a=mid:0",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:63 red/48000/2",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:Qx2u",
        "a=ice-pwd:V2pnJ5SrKJX2C5YcJ8hH7Qm1",
        "a=fingerprint:sha-256 " + ":".join(["5E"] * 32),
        "a=setup:actpass",
        "a=mid:1",
        "a=sctp-port:5000",
        "a=max-message-size:262144",
        "",
    ]
)
"""As Chromium writes one, but for codecs and candidates that nobody needs here."""

PROMPT = "canary-prompt: you keep the gate."

PROFILES = f"""
default = "relayed"

[profiles.relayed]
base = "open"
webrtc = "relayed"
unenforced = true

[profiles.relayed.session]
instructions = {{ fixed = "{PROMPT}" }}

[profiles.relayed.tools.look_up]
python = "tests.conversations.tooling:look_up"

[profiles.direct]
base = "open"
webrtc = "direct"
unenforced = true
names = ["direct-model"]

[profiles.direct.session]
instructions = {{ fixed = "{PROMPT}" }}
voice = {{ within = ["alloy", "verse"], default = "verse" }}

[profiles.direct.tools.look_up]
python = "tests.conversations.tooling:look_up"

[profiles.brief]
base = "open"
webrtc = "relayed"

[profiles.brief.limits]
responses = 1

[profiles.judged]
base = "open"
webrtc = "relayed"
unenforced = true

[profiles.judged.guardrails]
user_speech = [{{ python = "tests.conversations.tooling:decent" }}]

[profiles.socket]
base = "open"
"""
"""Profiles in each mode, one with a limit, one with a judge, and one without WebRTC."""

SDP = {"content-type": "application/sdp"}


async def post(url: str, content: str | bytes = "", **headers: str) -> httpx.Response:
    """Post a body; underscores in header names stand for hyphens."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        return await http.post(url, content=content, headers=told)


async def offer(
    relay: ServedRelay, query: str = "", credential: str = KEY, body: str | bytes = OFFER, **headers: str
) -> httpx.Response:
    """Offer a call to the relay."""
    told = {"authorization": f"Bearer {credential}", **SDP, **headers}
    return await post(f"{relay.http}/v1/realtime/calls{query}", body, **told)


async def hang_up(relay: ServedRelay, call_id: str, credential: str = KEY, **headers: str) -> httpx.Response:
    """Ask the relay to end a call."""
    path = f"/v1/realtime/calls/{call_id}/hangup"
    return await post(relay.http + path, authorization=f"Bearer {credential}", **headers)


async def ticket(relay: ServedRelay, body: Any = None, **headers: str) -> str:
    """Return a new ticket of Alice's."""
    response = await secret(relay, body, **headers)
    assert response.status_code == 200, response.text
    return str(response.json()["value"])


async def secret(
    relay: ServedRelay, body: Any = None, path: str = "/openai/v1/realtime/client_secrets", **headers: str
) -> httpx.Response:
    """Ask the relay for a client secret, with Alice's key."""
    told = {"authorization": f"Bearer {KEY}", **headers}
    return await post(relay.http + path, msgspec.json.encode(body or {}), **told)


def channel(simulator: Simulator, call_id: str) -> connect:
    """Open what stands for the data channel of a call."""
    return connect(f"{simulator.url}/simulator/channel?call_id={call_id}", proxy=None, compression=None)


def sideband(simulator: Simulator, call_id: str, key: str) -> connect:
    """Join a call, as whoever has the key may."""
    url = f"{simulator.url}/openai/v1/realtime?call_id={call_id}"
    return connect(url, additional_headers={"api-key": key}, proxy=None, compression=None)


def call_of(response: httpx.Response) -> str:
    """Return the name of the call that an offer came to."""
    return response.headers["location"].rpartition("/")[2]


async def say(browser: ClientConnection, text: str) -> None:
    """Say something in writing, and ask for an answer."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    for event in ({"type": "conversation.item.create", "item": item}, {"type": "response.create"}):
        await browser.send(msgspec.json.encode(event).decode())
