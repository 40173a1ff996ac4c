"""Where a target mints secrets for browsers, takes their offers, and lets a call be hung up.

Pure. Azure's and OpenAI's GA have one path for all of it; the preview mints at the resource, and takes offers at a
URL of the region's own, where nothing but the offer is taken.
"""

from dataclasses import dataclass
from urllib.parse import quote

from app.errors import Ended, Ending
from app.upstream.providers import LAST_PREVIEW, Target

__all__ = ["CallUrls", "call_urls"]

FILTERED = "?webrtcfilter=on"
"""By it Azure keeps all but the harmless events from the browser: no prompt, no tool call."""


@dataclass(frozen=True, slots=True)
class CallUrls:
    """The URLs of one target.

    `offer` is where a browser sends its offer, `relayed` where the relay sends it on the browser's behalf. Below
    `calls` a call is controlled; None where it cannot be.
    """

    mint: str
    offer: str
    relayed: str
    calls: str | None = None

    def hang_up(self, call_id: str) -> str:
        """Return the URL by which a call is ended."""
        return f"{self.calls}/{quote(call_id, safe='')}/hangup"


def call_urls(target: Target) -> CallUrls:
    """Return where a target's calls are made. Raises `Ended` for one that the relay knows no way for."""
    match target.provider:
        case "azure-preview":
            return _of_preview(target)
        case "compatible":
            detail = "PROVIDER=compatible names a WebSocket alone; a profile with webrtc needs another target"
            raise Ended(Ending.UPSTREAM_REFUSED, detail=detail)
        case "openai":
            return _of_ga(f"{target.endpoint}/v1/realtime", "")
        case _:
            return _of_ga(f"{target.endpoint}/openai/v1/realtime", FILTERED)


def _of_ga(base: str, query: str) -> CallUrls:
    calls = f"{base}/calls"
    return CallUrls(f"{base}/client_secrets", calls, f"{calls}{query}", calls)


def _of_preview(target: Target) -> CallUrls:
    if target.rtc_url is None:
        raise Ended(
            Ending.UPSTREAM_REFUSED, detail="a profile with webrtc needs RTC_URL of an azure-preview target"
        )
    version = quote(target.api_version or LAST_PREVIEW, safe="")
    offer = f"{target.rtc_url}?model={quote(target.deployment or '', safe='')}"
    return CallUrls(f"{target.endpoint}/openai/realtimeapi/sessions?api-version={version}", offer, offer)
