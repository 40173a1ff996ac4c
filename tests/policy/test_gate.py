"""Tests of app.policy.gate: what may pass by its type."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from app.errors import Refused
from app.policy.chain import Chain, Filter
from app.policy.gate import AUDIO_AND_TEXT, KNOWN, Gate, GateRules
from app.policy.teller import Teller
from app.protocol.catalogue import GA
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook, Seen

    Play = Callable[[Sequence[Filter]], Playbook]

STRANGERS = ["transcription_session.update", "session.created", "Session.update", "session.update ", ""]


def test_every_client_event_of_the_generation_passes(play: "Play", tap: "Seen") -> None:
    """Where the profile lists none: the list is the catalogue's."""
    script = play([Gate(GateRules(rate_limits=True), tap)])
    for kind in GA.client:
        script >> ("client", {"type": kind}) << ("to upstream", {"type": kind})


@pytest.mark.parametrize("kind", STRANGERS)
def test_other_client_events_are_refused(play: "Play", tap: "Seen", kind: str) -> None:
    """Server events, another generation's and misspelt ones do not reach the upstream."""
    play([Gate(GateRules(rate_limits=True), tap)]) >> ("client", {"type": kind}) << ("refused", "invalid_value")
    assert tap.unknown_events == []


def refusal(tap: "Seen", event: dict[str, object]) -> Refused:
    """Return how the gate refuses an event."""
    with pytest.raises(Refused) as refused:
        Chain([Gate(GateRules(), tap)]).from_client(Frame.of(event), 0.0)
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


def test_every_server_event_passes_uncounted(play: "Play", tap: "Seen") -> None:
    """What the catalogue knows is nothing to be counted."""
    script = play([Gate(GateRules(rate_limits=True), tap)])
    for kind in GA.server:
        script >> ("upstream", {"type": kind}) << ("to client", {"type": kind})
    assert tap.unknown_events == []


def test_unknown_server_events_pass_and_are_counted(play: "Play", tap: "Seen") -> None:
    """The service may learn new words before we do."""
    script = play([Gate(GateRules(), tap)])
    script >> ("upstream", {"type": "brand.new"}) << ("to client", {"type": "brand.new"})
    assert tap.unknown_events == ["brand.new"]


def test_a_profile_lists_what_a_client_may_send(play: "Play", tap: "Seen") -> None:
    """Everything else is refused, and the refusal tells the profile's list and no other."""
    rules = GateRules(client=("response.create", "response.cancel"))
    script = play([Gate(rules, tap)])
    script >> ("client", {"type": "response.cancel"}) << ("to upstream", {"type": "response.cancel"})
    script >> ("client", {"type": "conversation.item.create"}) << ("refused", "invalid_value")
    with pytest.raises(Refused) as refused:
        Chain([Gate(rules, tap)]).from_client(Frame.of({"type": "session.update"}), 0.0)
    assert refused.value.message.endswith("Supported values are: 'response.cancel', 'response.create'.")


def test_a_profile_lists_what_a_client_may_see(play: "Play", tap: "Seen") -> None:
    """What is not on the list is swallowed, and what nobody knows is counted all the same."""
    script = play([Gate(GateRules(server=("session.created", "response.done")), tap)])
    script >> ("upstream", {"type": "response.done"}) << ("to client", {"type": "response.done"})
    script >> ("upstream", {"type": "response.created"})
    script >> ("upstream", {"type": "brand.new"})
    assert tap.unknown_events == ["brand.new"]


def test_rate_limits_are_withheld_unless_the_profile_says_otherwise(play: "Play", tap: "Seen") -> None:
    """They tell every user about the deployment that all share; a list that names them changes nothing."""
    limits = {"type": "rate_limits.updated", "rate_limits": []}
    play([Gate(GateRules(), tap)]) >> ("upstream", limits)
    play([Gate(GateRules(server=("rate_limits.updated",)), tap)]) >> ("upstream", limits)
    play([Gate(GateRules(rate_limits=True), tap)]) >> ("upstream", limits) << ("to client", limits)


def test_the_relays_own_events_pass_any_list(play: "Play", tap: "Seen") -> None:
    """They come from filters nearer to the upstream, for clients that know them; they are not unknown."""
    script = play([Gate(GateRules(server=()), tap)])
    for kind in ("relay.warning", "extension.middle_tier_tool_response"):
        script >> ("upstream", {"type": kind}) << ("to client", {"type": kind})
    assert tap.unknown_events == []


def test_silence_covers_the_relays_errors_and_not_the_services(play: "Play", tap: "Seen") -> None:
    """For a client whose first error is its last: what the relay refuses, it refuses silently."""
    ours = Teller("s1").error(Refused("blocked", "No.")).event
    theirs = {"type": "error", "event_id": "event_1", "error": {"code": "x"}}
    script = play([Gate(GateRules(refused="drop"), tap)])
    script >> ("upstream", ours)
    script >> ("upstream", theirs) << ("to client", theirs)
    play([Gate(GateRules(), tap)]) >> ("upstream", ours) << ("to client", ours)


@pytest.mark.parametrize("field", ["client", "server"])
def test_a_list_names_events_of_the_protocol(field: str) -> None:
    """A misspelt one would let nothing by, and nobody would know why."""
    with pytest.raises(ValueError, match=r"there is no event 'response\.text\.create' in the GA protocol"):
        GateRules.model_validate({field: ["response.text.create"]})


def test_what_a_talking_client_needs_is_in_the_protocol() -> None:
    """The list that a locked profile begins with."""
    assert GateRules(client=AUDIO_AND_TEXT, server=KNOWN).client == AUDIO_AND_TEXT


def test_an_answer_to_the_relays_own_event_is_nobodys(play: "Play", tap: "Seen") -> None:
    """The client has not sent what it is about; an error of any other shape passes."""
    script = play([Gate(GateRules(), tap)])
    script >> ("upstream", {"type": "error", "error": {"code": "x", "event_id": "event_relay_s1_1"}})
    for error in ({"code": "x", "event_id": "mine"}, {"code": "x"}, "odd"):
        (
            script
            >> ("upstream", {"type": "error", "error": error})
            << ("to client", {"type": "error", "error": error})
        )
