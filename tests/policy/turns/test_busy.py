"""Tests of app.policy.turns: how the client's requests and the relay's own go together, while outputs are owed."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from tests.policy.turns.turning import OUTPUT, Asking, Noted, Work, cancel, create, created, finished, guard

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

OWN = create("event_relay_s1_t")
COMMIT = {"type": "input_audio_buffer.commit"}


def sent(script: "Playbook", event: dict[str, Any]) -> None:
    """Say that an event of the client's goes on as it is, and nothing else happens."""
    script >> ("client", event) << ("to upstream", event)


def heard(script: "Playbook", *events: dict[str, Any]) -> None:
    """Say that events of the service's reach the client, and nothing else happens."""
    for event in events:
        script >> ("upstream", event) << ("to client", event)


def under_way(script: "Playbook", response_id: str = "r1") -> "Playbook":
    """Have the service begin a response by itself."""
    heard(script, created(response_id))
    return script


def test_a_request_waits_while_somebody_is_busy(play: "Play") -> None:
    """The relay's own request comes when the outputs are in, and the client's goes in its place: one response."""
    work = Work()
    work.busy = True
    script = play([guard(Noted(), work)])
    script >> ("client", create("c1")) >> ("client", create("c2"))
    sent(script, COMMIT)
    sent(script, OUTPUT)
    sent(script, OUTPUT)
    work.busy = False
    script >> ("client", OWN) << ("to upstream", create("c1"))
    heard(script, created())
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c2"))


def test_the_relays_own_request_passes_where_none_waits(play: "Play") -> None:
    """Whoever is busy: whoever asks has nothing left to wait for."""
    work = Work()
    work.busy = True
    script = play([guard(Noted(), work)])
    sent(script, OUTPUT)
    sent(script, OWN)


def test_the_relays_own_request_waits_for_a_response(play: "Play") -> None:
    """Two of them are one; where the client asks too, its request is the one that goes."""
    script = under_way(play([guard(Noted())]))
    script >> ("client", OWN) >> ("client", create("event_relay_s1_u"))
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", OWN)
    heard(script, created("r2"))
    script >> ("client", OWN) >> ("client", create("c1")) >> ("client", OWN)
    script >> ("upstream", finished("r2")) << ("to client", finished("r2")) << ("to upstream", create("c1"))
    heard(script, created("r3"), finished("r3"))


def test_a_request_goes_behind_the_last_output(play: "Play") -> None:
    """Where the relay asks for nothing itself: nobody is busy when the last frame goes up."""
    work = Work()
    work.busy = True
    script = play([guard(Noted(), work)])
    script >> ("client", create())
    sent(script, OUTPUT)
    work.busy = False
    script >> ("client", OUTPUT) << ("to upstream", OUTPUT) << ("to upstream", create())


@pytest.mark.parametrize("event", [COMMIT, cancel()])
def test_any_frame_finds_out_that_nobody_is_busy_any_more(play: "Play", event: dict[str, Any]) -> None:
    """Where somebody stopped without a word, the next frame that passes is the occasion; a cancel, too."""
    work = Work()
    work.busy = True
    script = play([guard(Noted(), work)])
    script >> ("client", create("c1")) >> ("client", create("c2"))
    work.busy = False
    script >> ("client", event)
    if event is COMMIT:
        script << ("to upstream", COMMIT)
    script << ("to upstream", create("c1"))


def test_the_clock_finds_it_out(play: "Play") -> None:
    """A quarter of a second later at the latest, and for as long as it takes."""
    work = Work()
    work.busy = True
    guarding = guard(Noted(), work)
    script = play([guarding])
    script.at(5.0) >> ("client", create())
    assert guarding.wake_at == 5.25
    script.at(5.25) >> ("tick", None)
    assert guarding.wake_at == 5.5
    work.busy = False
    script.at(5.5) >> ("tick", None) << ("to upstream", create())
    assert guarding.wake_at is None


def test_who_hears_of_an_end_may_ask_at_once(play: "Play") -> None:
    """A filter nearer to the client, in the midst of the answer: its request goes behind the end, and only it."""
    script = under_way(play([Asking(OUTPUT, OWN), guard(Noted())]))
    script >> ("upstream", finished())
    script << ("to upstream", OUTPUT) << ("to client", finished()) << ("to upstream", OWN)
    heard(script, created("r2"), finished("r2"))


def test_who_hears_of_an_end_leaves_the_clients_request_its_place(play: "Play") -> None:
    """Where one of the client's waits, it stands for the relay's."""
    script = under_way(play([Asking(OUTPUT, OWN), guard(Noted())]))
    script >> ("client", create("c1"))
    script >> ("upstream", finished())
    script << ("to upstream", OUTPUT) << ("to client", finished()) << ("to upstream", create("c1"))
    heard(script, created("r2"), finished("r2"))
