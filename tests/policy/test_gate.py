"""Tests of app.policy.gate: what may pass by its type."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from app.errors import Refused
from app.policy.chain import Chain, Filter
from app.policy.gate import Gate
from app.protocol.catalogue import GA, PREVIEW, Generation
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook, Seen

    Play = Callable[[Sequence[Filter]], Playbook]

BOTH = pytest.mark.parametrize("generation", [GA, PREVIEW], ids=["ga", "preview"])

STRANGERS = [
    (GA, "transcription_session.update"),
    (GA, "session.created"),
    (GA, "Session.update"),
    (GA, "session.update "),
    (GA, ""),
    (PREVIEW, "session.updated"),
    (PREVIEW, "response.cancelled"),
]


@BOTH
def test_every_client_event_of_the_generation_passes(play: "Play", tap: "Seen", generation: Generation) -> None:
    """The list is the catalogue's."""
    script = play([Gate(generation, tap)])
    for kind in generation.client:
        script >> ("client", {"type": kind}) << ("to upstream", {"type": kind})


@pytest.mark.parametrize(("generation", "kind"), STRANGERS)
def test_other_client_events_are_refused(play: "Play", tap: "Seen", generation: Generation, kind: str) -> None:
    """Server events, another generation's and misspelt ones do not reach the upstream."""
    play([Gate(generation, tap)]) >> ("client", {"type": kind}) << ("refused", "invalid_value")
    assert tap.unknown_events == []


def refusal(tap: "Seen", event: dict[str, object]) -> Refused:
    """Return how the gate refuses an event."""
    with pytest.raises(Refused) as refused:
        Chain([Gate(GA, tap)]).from_client(Frame.of(event), 0.0)
    return refused.value


def test_a_refusal_names_the_event_and_the_list(tap: "Seen") -> None:
    """It says which type came, which would do, that it is about `type`, and which event it was."""
    refused = refusal(tap, {"type": "nonsense", "event_id": "e1"})
    assert (refused.param, refused.event_id) == ("type", "e1")
    assert refused.message.startswith(
        "Invalid value: 'nonsense'. Supported values are: 'conversation.item.create', "
    )
    assert all(f"'{kind}'" in refused.message for kind in GA.client)


def test_a_long_type_is_not_repeated_whole(tap: "Seen") -> None:
    """64 characters are quoted, whatever the client sent; an `event_id` that is none is not repeated."""
    refused = refusal(tap, {"type": "t" * 10_000, "event_id": 7})
    assert f"'{'t' * 64}'" in refused.message
    assert refused.event_id is None


@BOTH
def test_every_server_event_passes_uncounted(play: "Play", tap: "Seen", generation: Generation) -> None:
    """What the catalogue knows is nothing to be counted."""
    script = play([Gate(generation, tap)])
    for kind in generation.server:
        script >> ("upstream", {"type": kind}) << ("to client", {"type": kind})
    assert tap.unknown_events == []


def test_unknown_server_events_pass_and_are_counted(play: "Play", tap: "Seen") -> None:
    """The service may learn new words before we do."""
    script = play([Gate(GA, tap)])
    script >> ("upstream", {"type": "brand.new"}) << ("to client", {"type": "brand.new"})
    assert tap.unknown_events == ["brand.new"]
