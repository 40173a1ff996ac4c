"""Tests of app.policy.limits: the size and the pace of a client's events and its audio."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from app.errors import Refused
from app.policy.actions import Pause, ToUpstream
from app.policy.chain import Chain, Filter, Outbox
from app.policy.gate import Gate, GateRules
from app.policy.limits import LimitRules, Limits, Meter
from app.policy.teller import Teller
from app.protocol.frame import APPEND_HEAD, APPEND_TAIL, Frame, from_client
from tests.harness import is_decoded

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook, Seen

    Play = Callable[[Sequence[Filter]], Playbook]

CANCEL = {"type": "response.cancel", "event_id": "c1"}
UNKNOWN = {"type": "unknown"}


def limits(**rules: Any) -> Limits:
    """Return the filter of a session with these rules."""
    return Limits(LimitRules(**rules), Teller("s1"))


def metered(rules: Limits) -> list[Filter]:
    """Return the filter with its meter, as they stand in a chain."""
    return [rules, Meter(rules)]


def audio(seconds: float, rate: int = 48_000) -> dict[str, Any]:
    """Return an append of so many seconds."""
    return {"type": "input_audio_buffer.append", "audio": "A" * (round(seconds * rate) // 3 * 4)}


def in_force(kind: str, name: str) -> dict[str, Any]:
    """Return a report of the service's on the format of the input."""
    return {"type": kind, "session": {"audio": {"input": {"format": {"type": name}}}}}


def passes(script: "Playbook", event: dict[str, Any]) -> None:
    """Say that a client's event goes on, and nothing else happens."""
    script >> ("client", event) << ("to upstream", event)


def test_without_rules_nothing_is_limited(play: "Play") -> None:
    """Neither pace nor size, and the service's frames pass; but audio has to be audio."""
    script = play(metered(limits()))
    for _ in range(1000):
        passes(script, audio(1))
    script >> ("upstream", UNKNOWN) << ("to client", UNKNOWN)
    script >> ("client", {"type": "input_audio_buffer.append", "audio": "A"}) << ("refused", "invalid_value")


def test_the_bases() -> None:
    """`open` limits nothing; `locked` does, and each rule alone is one."""
    assert not LimitRules.open().any
    assert LimitRules.locked().any
    names = ("default_frame_bytes", "events_per_second", "audio_rate", "audio_seconds", "responses", "tokens")
    assert all(LimitRules(**{name: 1}).any for name in names)
    assert LimitRules(frame_bytes={"response.create": 1}).any
    assert not LimitRules(too_fast="refuse", audio_burst=1.0, events_burst=1.0).any


def test_a_size_is_told_of_events_that_exist() -> None:
    """A misspelt name would limit nothing."""
    with pytest.raises(ValidationError, match=r"a client has no event 'response\.creates'"):
        LimitRules(frame_bytes={"response.creates": 1})


def test_an_event_has_a_size_by_its_type(play: "Play") -> None:
    """Of its own type's, else the default; one byte more is refused."""
    script = play(metered(limits(frame_bytes={"response.cancel": 60}, default_frame_bytes=20)))
    exact = {**CANCEL, "x": "x" * (60 - Frame.of({**CANCEL, "x": ""}).size)}
    passes(script, exact)
    passes(script, {"type": "12345678"})
    script >> ("client", {**exact, "x": exact["x"] + "x"}) << ("refused", "event_too_large")
    script >> ("client", {"type": "1234567890"}) << ("refused", "event_too_large")


def test_a_refusal_tells_the_limit_and_the_event() -> None:
    """Its `event_id`, what it has and what is allowed; and of audio, which field it is."""
    chain = Chain([limits(frame_bytes={"response.cancel": 48})])
    with pytest.raises(Refused) as too_large:
        chain.from_client(Frame.of({**CANCEL, "x": "xx"}), 0.0)
    assert too_large.value.message == "The event is too large: it has 51 bytes, and 48 are allowed."
    assert too_large.value.event_id == "c1"
    with pytest.raises(Refused) as no_audio:
        chain.from_client(Frame.of({"type": "input_audio_buffer.append", "event_id": "a1"}), 0.0)
    assert (no_audio.value.param, no_audio.value.event_id) == ("audio", "a1")


def test_events_over_the_rate_slow_the_sender(play: "Play") -> None:
    """Two seconds' worth at once; each further one passes, and nothing more is read until it is paid for."""
    script = play(metered(limits(events_per_second=8)))
    for _ in range(16):
        passes(script, CANCEL)
    script >> ("client", CANCEL) << ("to upstream", CANCEL) << ("pause", ("client", 0.125))
    passes(script.at(0.25), CANCEL)
    script >> ("client", CANCEL) << ("to upstream", CANCEL) << ("pause", ("client", 0.375))


def test_events_over_the_rate_are_refused(play: "Play") -> None:
    """Where the rules say so; a refused one is not charged, and later ones pass again."""
    script = play(metered(limits(events_per_second=10, events_burst=1, too_fast="refuse")))
    passes(script, CANCEL)
    passes(script, CANCEL)
    for _ in range(10):
        script >> ("client", CANCEL) << ("refused", "too_many_events")
    passes(script.at(0.11), CANCEL)
    script >> ("client", CANCEL) << ("refused", "too_many_events")


@pytest.mark.parametrize("before", [True, False])
def test_refused_events_slow_the_sender_too(play: "Play", tap: "Seen", *, before: bool) -> None:
    """Whoever refuses them, before the limits or behind: each counts once."""
    rules, gate = limits(events_per_second=1, events_burst=1, default_frame_bytes=100), Gate(GateRules(), tap)
    script = play([gate, rules] if before else [rules, gate])
    passes(script, CANCEL)
    script >> ("client", UNKNOWN) << ("refused", "invalid_value") << ("pause", ("client", 1.0))
    large = {**CANCEL, "x": "x" * 100}
    script.at(1.0) >> ("client", large) << ("refused", "event_too_large") << ("pause", ("client", 2.0))
    passes(script.at(5.0), CANCEL)


def test_audio_that_is_refused_behind_is_not_charged(play: "Play") -> None:
    """Nobody hears it; the event is."""

    class Deaf(Filter):
        def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - a filter's
            raise Refused("invalid_value", "Not now.", event_id=frame.event_id)

    script = play([limits(audio_rate=1, audio_burst=1, events_per_second=1, events_burst=1), Deaf()])
    script >> ("client", audio(30)) << ("refused", "invalid_value")
    script >> ("client", audio(30)) << ("refused", "invalid_value") << ("pause", ("client", 1.0))


@pytest.mark.parametrize("before", [True, False])
def test_refused_events_count_where_it_is_told_who_is_too_fast(play: "Play", tap: "Seen", *, before: bool) -> None:
    """Whoever refuses them; but not those that come too fast, however many."""
    rules, gate = limits(events_per_second=1, events_burst=1, too_fast="refuse"), Gate(GateRules(), tap)
    script = play([gate, rules] if before else [rules, gate])
    for _ in range(2):
        script >> ("client", UNKNOWN) << ("refused", "invalid_value")
    for _ in range(10):
        script >> ("client", CANCEL) << ("refused", "too_many_events")
    passes(script.at(1.0), CANCEL)


def test_audio_over_the_rate_slows_the_sender(play: "Play") -> None:
    """What came passes; the pause is such that the rate holds in the long run."""
    script = play(metered(limits(audio_rate=2, audio_burst=10)))
    passes(script, audio(10))
    script >> ("client", audio(3)) << ("to upstream", audio(3)) << ("pause", ("client", pytest.approx(1.5)))
    script.at(1.5) >> ("client", audio(1)) << ("to upstream", audio(1))
    script << ("pause", ("client", pytest.approx(2.0)))
    passes(script.at(7.0), audio(10))


def test_audio_over_the_rate_is_refused(play: "Play") -> None:
    """Where the rules say so; other events pass meanwhile."""
    script = play(metered(limits(audio_rate=2, audio_burst=10, too_fast="refuse")))
    passes(script, audio(14))
    script >> ("client", audio(0.1)) << ("refused", "audio_too_fast")
    passes(script, CANCEL)
    script.at(1.9) >> ("client", audio(0.1)) << ("refused", "audio_too_fast")
    passes(script.at(2.1), audio(0.1))


def test_audio_in_items_is_audio(play: "Play") -> None:
    """No way around the rate."""
    item = {"type": "conversation.item.create", "item": {"content": [{"type": "input_audio", **audio(3)}]}}
    script = play(metered(limits(audio_rate=1, audio_burst=1)))
    script >> ("client", item) << ("to upstream", item) << ("pause", ("client", pytest.approx(2.0)))


def test_one_pause_stands_for_both_paces(play: "Play") -> None:
    """The longer of the two."""
    script = play(metered(limits(audio_rate=1, audio_burst=1, events_per_second=1, events_burst=1)))
    script >> ("client", audio(5)) << ("to upstream", audio(5)) << ("pause", ("client", pytest.approx(4.0)))


@pytest.mark.parametrize("kind", ["session.created", "session.updated"])
def test_the_format_in_force_tells_the_seconds(play: "Play", kind: str) -> None:
    """Eight thousand bytes of G.711 are a second."""
    script = play(metered(limits(audio_rate=1, audio_burst=1)))
    report = in_force(kind, "audio/pcmu")
    script >> ("upstream", report) << ("to client", report)
    spoken = audio(2, rate=8_000)
    script >> ("client", spoken) << ("to upstream", spoken) << ("pause", ("client", pytest.approx(1.0, abs=0.01)))


class Undecoded(Filter):
    """Fails where a frame has been decoded before it."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - a filter's arguments
        """Look whether anybody has asked for the event."""
        assert not is_decoded(frame)
        out.to_upstream(frame)


def test_canonical_audio_is_not_decoded() -> None:
    """All rules at once leave the frame as it came."""
    rules = LimitRules(**{**LimitRules.locked().model_dump(), "audio_seconds": 100.0, "audio_burst": 1.0})
    chain = Chain([Limits(rules, Teller("s1")), Undecoded()])
    frame = from_client(APPEND_HEAD + b"A" * 192_000 + APPEND_TAIL)
    assert chain.from_client(frame, 0.0) == [ToUpstream(frame), Pause("client", 1.0)]
