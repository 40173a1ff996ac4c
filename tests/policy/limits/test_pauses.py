"""Tests of app.policy.limits.filter: long pauses, and audio whose format is just being changed."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from app.policy.limits import LimitRules, Limits, Meter
from app.policy.teller import Teller

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]


def limits(**rules: Any) -> Limits:
    """Return the filter."""
    return Limits(LimitRules(**rules), Teller("s1"))


def metered(rules: Limits) -> list[Filter]:
    """Return the filter with its meter, as they stand in a chain."""
    return [rules, Meter(rules)]


def audio(seconds: float, rate: int = 48_000) -> dict[str, Any]:
    """Return an append of so many seconds."""
    return {"type": "input_audio_buffer.append", "audio": "A" * (round(seconds * rate / 3) * 4)}


def test_a_long_pause_is_broken_up(play: "Play") -> None:
    """A client is read now and then, or its pongs are not; what it sends unpaid is refused, and the rate holds."""
    script = play(metered(limits(audio_rate=1, audio_burst=1)))
    script >> ("client", audio(31)) << ("to upstream", audio(31)) << ("pause", ("client", 20.0))
    script.at(20.0) >> ("client", audio(1)) << ("refused", "audio_too_fast")
    script << ("pause", ("client", pytest.approx(30.0, abs=0.01)))
    script.at(31.1) >> ("client", audio(1)) << ("to upstream", audio(1))


FORMAT = {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}
REPORT: dict[str, Any] = {"type": "session.updated", "session": FORMAT}
PCM = {
    "type": "session.updated",
    "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}},
}
UPDATE = {"type": "session.update", "session": FORMAT}
ERROR = {"type": "error", "error": {"code": "invalid_value"}}


def test_while_the_format_changes_audio_counts_as_the_longest(play: "Play") -> None:
    """What was sent behind the update is in the new format, before the service has said so."""
    script = play(metered(limits(audio_rate=1, audio_burst=1)))
    script >> ("client", UPDATE) << ("to upstream", UPDATE)
    spoken = audio(4, 8_000)
    script >> ("client", spoken) << ("to upstream", spoken) << ("pause", ("client", pytest.approx(3.0, abs=0.01)))
    script >> ("upstream", PCM) << ("to client", PCM)
    script.at(10.0) >> ("client", audio(1)) << ("to upstream", audio(1))


def test_a_format_that_stays_costs_nothing(play: "Play") -> None:
    """An update may name the one in force."""
    script = play(metered(limits(audio_rate=1, audio_burst=1)))
    update = {**PCM, "type": "session.update"}
    script >> ("client", update) << ("to upstream", update)
    script >> ("client", audio(0.9)) << ("to upstream", audio(0.9))


def test_a_change_that_is_refused_changes_nothing(play: "Play") -> None:
    """The format in force is the one that was."""
    script = play(metered(limits(audio_rate=1, audio_burst=1)))
    script >> ("client", UPDATE) << ("to upstream", UPDATE)
    script >> ("upstream", ERROR) << ("to client", ERROR)
    script >> ("client", audio(0.9)) << ("to upstream", audio(0.9))


def test_an_update_that_names_no_format_changes_nothing(play: "Play") -> None:
    """Nor does a report without one."""
    script = play(metered(limits(audio_rate=1, audio_burst=1)))
    script >> ("upstream", REPORT) << ("to client", REPORT)
    for kind in ("client", "upstream"):
        event: dict[str, Any] = {
            "type": "session.update" if kind == "client" else "session.updated",
            "session": {},
        }
        script >> (kind, event) << ("to upstream" if kind == "client" else "to client", event)
    spoken = audio(0.9, 8_000)
    script >> ("client", spoken) << ("to upstream", spoken)
