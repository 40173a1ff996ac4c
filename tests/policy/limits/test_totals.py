"""Tests of app.policy.limits: what a session may use in total, and how that ends."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Ended, Ending
from app.policy.chain import Chain, Filter, Outbox
from app.policy.gate import Gate, GateRules
from app.policy.limits import LimitRules, Limits, Meter
from app.policy.teller import Teller
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook, Seen

    Play = Callable[[Sequence[Filter]], Playbook]

CREATE = {"type": "response.create"}
CREATED = {"type": "response.created", "response": {}}
ENDED = ("ended", Ending.OVER_QUOTA)
SECOND = {"type": "input_audio_buffer.append", "audio": "A" * 64_000}


def limits(*, opted_in: bool = False, **rules: Any) -> Limits:
    """Return the filter of a session with these rules."""
    return Limits(LimitRules(**rules), Teller("s1", opted_in=opted_in))


def metered(rules: Limits) -> list[Filter]:
    """Return the filter with its meter, as they stand in a chain."""
    return [rules, Meter(rules)]


def finished(tokens: Any) -> dict[str, Any]:
    """Return the end of a response that used so many tokens."""
    return {"type": "response.done", "response": {"usage": {"total_tokens": tokens}}}


def warning(number: int, about: str, left: float) -> tuple[str, dict[str, Any]]:
    """Return what a client that opted in is told."""
    event_id = f"event_relay_s1_{number}"
    return "to client", {"type": "relay.warning", "event_id": event_id, "about": about, "left": left}


def heard(script: "Playbook", *events: dict[str, Any]) -> None:
    """Say that events of the service's reach the client."""
    for event in events:
        script >> ("upstream", event) << ("to client", event)


def sent(script: "Playbook", *events: dict[str, Any]) -> None:
    """Say that events of the client's go on."""
    for event in events:
        script >> ("client", event) << ("to upstream", event)


def test_the_append_that_exceeds_the_audio_ends_the_session(play: "Play") -> None:
    """The one that reaches the limit passes; other events do, too."""
    script = play(metered(limits(audio_seconds=3)))
    sent(script, SECOND, SECOND, SECOND, CREATE)
    script >> ("client", SECOND) << ENDED


def test_fractions_add_up(play: "Play") -> None:
    """Thirty tenths are three seconds."""
    tenth = {"type": "input_audio_buffer.append", "audio": "A" * 6_400}
    script = play(metered(limits(audio_seconds=3)))
    sent(script, *[tenth] * 30)
    script >> ("client", tenth) << ENDED


def test_refused_audio_is_not_spent(play: "Play", tap: "Seen") -> None:
    """What never reached the service costs nothing."""
    script = play([limits(audio_seconds=2), Gate(GateRules(client=("response.create",)), tap)])
    for _ in range(5):
        script >> ("client", SECOND) << ("refused", "invalid_value")


def test_audio_is_announced_to_end(play: "Play") -> None:
    """Once, when four fifths are used, with the seconds that are left."""
    script = play(metered(limits(audio_seconds=5, opted_in=True)))
    sent(script, SECOND, SECOND, SECOND, SECOND)
    script >> ("tick", None) << warning(1, "audio_seconds", 1.0)
    sent(script, SECOND)
    script >> ("tick", None)


def test_who_did_not_opt_in_is_not_warned(play: "Play") -> None:
    """Its session ends all the same."""
    script = play(metered(limits(audio_seconds=1, responses=1, tokens=10)))
    sent(script, SECOND)
    heard(script, CREATED, finished(9))
    script.at(9.0) >> ("tick", None)
    script >> ("client", SECOND) << ENDED


def test_the_response_too_many_ends_the_session(play: "Play") -> None:
    """The client's request for it, when as many have been begun as are allowed."""
    script = play(metered(limits(responses=2, opted_in=True)))
    sent(script, CREATE)
    heard(script, CREATED, finished(5))
    sent(script, CREATE)
    heard(script, CREATED)
    script >> ("tick", None) << warning(1, "responses", 0)
    heard(script, finished(5))
    script >> ("client", CREATE) << ENDED


def test_the_response_too_many_may_be_the_services_own(play: "Play") -> None:
    """Where the service answers by itself what it heard."""
    script = play(metered(limits(responses=1)))
    heard(script, CREATED, finished(5))
    script >> ("upstream", CREATED) << ENDED


def test_the_last_token_ends_the_session(play: "Play") -> None:
    """The response that used it reaches the client, and a moment later it is over."""
    script = play(metered(limits(tokens=100, opted_in=True)))
    heard(script, finished(79))
    script >> ("tick", None)
    heard(script, finished(1))
    script >> ("tick", None) << warning(1, "tokens", 20)
    heard(script, finished(50))
    script.at(0.4) >> ("tick", None)
    heard(script, finished(50))
    script.at(0.5) >> ("tick", None) << ENDED


@pytest.mark.parametrize("more", [("client", CREATE), ("upstream", CREATED)])
def test_nothing_is_begun_when_the_tokens_are_used_up(play: "Play", more: tuple[str, Any]) -> None:
    """Whoever wants another response in that moment ends the session at once."""
    script = play(metered(limits(tokens=100)))
    heard(script, finished(100))
    script >> more << ENDED


@pytest.mark.parametrize("done", [finished(None), finished(-5), finished("5"), {"type": "response.done"}])
def test_a_response_may_tell_no_usage(play: "Play", done: dict[str, Any]) -> None:
    """One that failed, say; it counts nothing."""
    script = play(metered(limits(tokens=1)))
    heard(script, done, CREATED)
    sent(script, CREATE)


@pytest.mark.parametrize(
    ("rules", "before", "code", "message"),
    [
        ({"audio_seconds": 0.5}, [], "audio_budget_exceeded", "The session has used up its 0.5 seconds of audio."),
        ({"responses": 1}, [CREATED], "response_budget_exceeded", "The session has used up its 1 responses."),
        (
            {"tokens": 5_000_000},
            [finished(5_000_000)],
            "token_budget_exceeded",
            "The session has used up its 5000000 tokens.",
        ),
    ],
)
def test_each_end_says_what_was_used_up(
    rules: dict[str, Any], before: list[dict[str, Any]], code: str, message: str
) -> None:
    """With a code and a sentence of its own."""
    chain = Chain(metered(limits(**rules)))
    for event in before:
        chain.from_upstream(Frame.of(event), 0.0)
    with pytest.raises(Ended) as ended:
        chain.from_client(Frame.of(CREATE if before else SECOND), 0.0)
    assert (ended.value.code, ended.value.message) == (code, message)


class Withholding(Filter):
    """Keeps everything of the service's from the client."""

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Swallow."""


def test_a_meter_counts_what_the_client_never_sees(play: "Play") -> None:
    """Responses of hidden calls cost as much as any."""
    rules = limits(tokens=100, responses=3, opted_in=True)
    script = play([rules, Withholding(), Meter(rules)])
    script >> ("upstream", CREATED) >> ("upstream", finished(80))
    script >> ("tick", None) << warning(1, "tokens", 20)
    script >> ("upstream", CREATED) >> ("upstream", CREATED)
    script >> ("tick", None) << warning(2, "responses", 0)
    script >> ("client", CREATE) << ENDED
