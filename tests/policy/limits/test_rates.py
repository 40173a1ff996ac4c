"""Tests of app.policy.limits.pace, and what app.policy.limits makes of it: how much audio passes, at most."""

from math import inf
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.policy.actions import Pause, ToUpstream
from app.policy.chain import Chain
from app.policy.limits import LimitRules, Limits
from app.policy.limits.pace import Pace, Rate
from app.policy.teller import Teller
from app.protocol.frame import Frame

SENT = st.lists(st.tuples(st.floats(0, 20), st.integers(1, 30_000)), max_size=40)
"""Events in order: seconds since the last, and thousandths of a second of audio."""

TOO_FAST: st.SearchStrategy[Literal["slow", "refuse"]] = st.sampled_from(["slow", "refuse"])


def audio(milliseconds: int) -> Frame:
    """Return an append; 48 bytes are a millisecond."""
    return Frame.of({"type": "input_audio_buffer.append", "audio": "A" * (64 * milliseconds)})


def passed(chain: Chain, sent: list[tuple[float, int]]) -> list[tuple[float, float]]:
    """Send all this, obeying every pause, and return when how many seconds of audio went on."""
    now, free_at, through = 1000.0, 0.0, []
    for gap, milliseconds in sent:
        now = max(now + gap, free_at)
        try:
            actions = chain.from_client(audio(milliseconds), now)
        except Refused:
            continue
        for action in actions:
            match action:
                case Pause("client", until):
                    assert until > now
                    free_at = until
                case ToUpstream(_):
                    through.append((now, milliseconds / 1000))
    return through


@given(SENT, st.sampled_from([0.5, 1.0, 1.5, 10.0]), st.sampled_from([0.1, 1.0, 10.0]), TOO_FAST)
def test_no_more_than_the_rate_passes(
    sent: list[tuple[float, int]], rate: float, burst: float, too_fast: Literal["slow", "refuse"]
) -> None:
    """In any span of time: the rate times the span, the burst, and one last frame."""
    rules = LimitRules(audio_rate=rate, audio_burst=burst, too_fast=too_fast)
    through = passed(Chain([Limits(rules, Teller("s1"))]), sent)
    for first, (begun, _) in enumerate(through):
        total = 0.0
        for at, seconds in through[first:]:
            assert total <= rate * (at - begun) + burst + 1e-6
            total += seconds


@given(st.lists(st.floats(0, 0.99), min_size=1, max_size=40))
def test_who_keeps_the_rate_is_never_slowed(gaps: list[float]) -> None:
    """Whatever jitter there is within the burst."""
    chain = Chain([Limits(LimitRules(audio_rate=1, audio_burst=2.1), Teller("s1"))])
    for second, jitter in enumerate(gaps):
        assert len(chain.from_client(audio(1000), second + jitter)) == 1


def test_no_bound() -> None:
    """A pace without a rate is always free."""
    pace = Pace(Rate(), Rate())
    assert pace.events_free_at == pace.audio_free_at == -inf
    assert not pace.take(1e9, 5.0)
    assert pace.events_free_at <= 5.0
    assert pace.audio_free_at <= 5.0


@pytest.mark.parametrize(("amount", "free_at"), [(1, 9.5), (2, 10.0), (3, 10.5), (10, 14.0)])
def test_what_is_over_the_burst_is_paid_back(amount: float, free_at: float) -> None:
    """At the rate: of 2 a second here, with a burst of 2."""
    pace = Pace(Rate(), Rate(2.0, 2.0))
    assert pace.take(amount, 10.0) == (free_at > 10.0)
    assert pace.audio_free_at == free_at
