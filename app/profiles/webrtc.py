"""What of a profile holds no more where the browser speaks WebRTC with the service itself.

A session in a minted secret is a default that its holder can change, and in a call the browser owns the data
channel. So a profile that lays anything down is refused, unless its author says that it may go unenforced.
"""

from collections.abc import Iterator

from app.policy import Profile
from app.policy.session_fields import SessionRules
from app.profiles.lines import Path
from app.profiles.source import Source

__all__ = ["check_webrtc", "unheld"]

CLIENTS_OWN = frozenset({"free", "default"})
"""The rules of a field under which a client may set it to whatever it likes."""


def check_webrtc(source: Source, path: Path, profile: Profile, *, tools: bool, unenforced: bool) -> None:
    """Complain where the profile at `path` allows WebRTC, and with it a way past its own rules."""
    if profile.webrtc == "off" or unenforced:
        return
    lost = list(unheld(profile, tools=tools))
    if lost:
        reason = (
            f"lets the browser speak with the service itself, where these are not enforced: {', '.join(lost)};"
            " say unenforced = true to have it all the same"
        )
        source.complain((*path, "webrtc"), reason)


def unheld(profile: Profile, *, tools: bool) -> Iterator[str]:
    """Yield the sections with rules that a browser gets past. `tools`: the profile has some of the server's."""
    limits = profile.limits
    totals = limits.responses is not None or limits.tokens is not None
    held = {
        "session": not _left_to_the_client(profile.session),
        "response": not profile.response.all_free,
        "items": not profile.items.none,
        "gate": profile.gate.client is not None or profile.gate.server is not None,
        # The relay hears of responses and tokens by the sideband of a call, and of audio by nothing.
        "limits": limits.audio_seconds is not None or (totals and profile.webrtc == "direct"),
        "tools": tools,
        "guardrails": profile.guardrails is not None,
    }
    yield from (name for name, holds in held.items() if holds)


def _left_to_the_client(rules: SessionRules) -> bool:
    names = [name for name in SessionRules.model_fields if name != "other"]
    ruled = [rules.of(name) for name in names]
    return rules.other == "free" and all(rule.mode in CLIENTS_OWN and not rule.hidden for rule in ruled)
