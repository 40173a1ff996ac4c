"""A real browser offers calls, and takes the answers; no media flow, for nobody is behind the simulated ones."""

import pytest
from playwright.async_api import Page

from app.simulator import Simulator
from tests.conversations.test_browser import CHROMIUM, page
from tests.conversations.webrtc.conftest import ServeCalls
from tests.harness import KEY, PATIENCE, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")

__all__ = ["page"]

CALL = """
async ([mint, calls, key, profile]) => {
  const send = async (url, bearer, type, body) => {
    const response = await fetch(url, {
      method: "POST", headers: { authorization: `Bearer ${bearer}`, "content-type": type }, body });
    if (!response.ok) { throw new Error(`${response.status}: ${await response.text()}`); }
    return response;
  };
  const asked = JSON.stringify({ relay: { profile } });
  const secret = await (await send(mint, key, "application/json", asked)).json();
  const peer = new RTCPeerConnection();
  peer.addTransceiver("audio");
  peer.createDataChannel("oai-events");
  await peer.setLocalDescription(await peer.createOffer());
  const url = secret.relay?.webrtc_url ?? calls;
  const answer = await send(url, secret.value, "application/sdp", peer.localDescription.sdp);
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  const seen = { location: answer.headers.get("location"), state: peer.signalingState,
                 media: peer.getTransceivers().map(each => each.currentDirection), sctp: peer.sctp !== null };
  peer.close();
  return seen;
}
"""


@pytest.mark.parametrize("profile", ["relayed", "direct"])
async def test_a_browsers_offer_is_answered(
    serve_calls: ServeCalls, simulator: Simulator, page: Page, profile: str
) -> None:
    """By `fetch` from an allowed page, to the relay with a ticket, or to the service with its secret."""
    relay = await serve_calls(origins=page.url.removesuffix("/"))
    page.set_default_timeout(PATIENCE * 1000)
    base = f"{relay.http}/v1/realtime"
    seen = await page.evaluate(CALL, [f"{base}/client_secrets", f"{base}/calls", KEY, profile])
    (call_id,) = simulator.rest.calls
    assert seen == {
        "location": f"/v1/realtime/calls/{call_id}",
        "state": "stable",
        "media": ["sendrecv"],
        "sctp": True,
    }
    await until(lambda: len(relay.parts.sessions) == (1 if profile == "relayed" else 0))
