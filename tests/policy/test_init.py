"""Tests of app.policy: the list of filters that every session gets, by its profile."""

from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Ended, Refused
from app.policy import Profile, Scene, make_chain, make_fields
from app.policy.actions import Effect, ToClient, ToUpstream
from app.policy.chain import Chain
from app.policy.gate import GateRules
from app.policy.guardrails import GuardrailRules
from app.policy.limits import LimitRules
from app.policy.session_fields import SessionRules
from app.policy.session_news import News
from app.policy.teller import Teller
from app.policy.tools import ServerTool
from app.policy.turns import TurnRules
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Seen


def nothing(*_: object) -> Effect:
    """Fail: nobody here begins an effect."""
    raise AssertionError


OPEN = Profile("open")


def news(credential_ends_at: float | None = None) -> News:
    """Return what a session is told that lasts an hour."""
    return News(3600.0, credential_ends_at, 60.0, refresh=nothing, drain=nothing, limits={})


TOOLS = {"look_up": ServerTool("look_up", {"type": "function", "name": "look_up", "parameters": {}})}


def chain(tap: "Seen", profile: Profile = OPEN, *, opted_in: bool = False, **given: Any) -> Chain:
    """Return the chain of a session that begins at 0."""
    usual: dict[str, Any] = {"shown": None, "deployment": None, "news": news(), "now": 0.0, "tools": {}}
    teller = Teller("s1", opted_in=opted_in)
    scene = Scene(tap=tap, teller=teller, call=nothing, judge=nothing, **{**usual, **given})
    fields = make_fields(profile, scene.tools, preview_upstream=False, transcription=False)
    return make_chain(profile, fields, scene)


def names(made: Chain) -> list[str]:
    """Return the kinds of filters, from the client to the upstream."""
    return [type(each).__name__ for each in made.filters]


ALWAYS = ["SessionNews", "Gate", "ModelName"]
LIMITED = LimitRules(tokens=10)
JUDGED = GuardrailRules(model_output=True)
LISTS = [
    (OPEN, {}, ALWAYS),
    (Profile("locked", session=SessionRules.locked()), {}, ["SessionNews", "Gate", "SessionFields", "ModelName"]),
    (Profile("turns", turns=TurnRules(guard=True)), {}, ["SessionNews", "Gate", "TurnGuard", "ModelName"]),
    (Profile("limited", limits=LIMITED), {}, ["SessionNews", "Limits", "Gate", "Meter", "ModelName"]),
    (
        Profile("all", limits=LIMITED, guardrails=JUDGED, turns=TurnRules(guard=True)),
        TOOLS,
        [
            "SessionNews",
            "Limits",
            "Gate",
            "SessionFields",
            "Guardrails",
            "Tools",
            "TurnGuard",
            "Meter",
            "ModelName",
        ],
    ),
]


@pytest.mark.parametrize(("profile", "tools", "expected"), LISTS, ids=[each[0].name for each in LISTS])
def test_a_session_has_the_filters_that_its_profile_needs(
    tap: "Seen", profile: Profile, tools: dict[str, ServerTool], expected: list[str]
) -> None:
    """In one order, and none that would have nothing to do."""
    assert names(chain(tap, profile, tools=tools)) == expected


def test_an_open_session_has_rules_too(tap: "Seen") -> None:
    """Unknown client events are refused, unknown server events counted, and models renamed."""
    filters = chain(tap, shown="asked")
    with pytest.raises(Refused, match="Invalid value: 'nonsense'"):
        filters.from_client(Frame.of({"type": "nonsense"}), 0.0)
    match filters.from_client(Frame.of({"type": "session.update", "session": {"model": "m"}}), 0.0):
        case [ToUpstream(frame)]:
            assert frame.event == {"type": "session.update", "session": {}}
        case other:
            raise AssertionError(other)
    match filters.from_upstream(Frame.of({"type": "session.created", "session": {"model": "mine"}}), 0.0):
        case [ToClient(frame)]:
            assert frame.event == {"type": "session.created", "session": {"model": "asked"}}
        case other:
            raise AssertionError(other)
    filters.from_upstream(Frame.of({"type": "brand.new"}), 0.0)
    assert tap.unknown_events == ["brand.new"]


def test_the_list_is_gas(tap: "Seen") -> None:
    """Frames are translated before they come here: an event that only preview knows is unknown."""
    frame = Frame.of({"type": "response.cancel"})
    assert chain(tap, deployment="mine").from_client(frame, 0.0) == [ToUpstream(frame)]
    with pytest.raises(Refused, match=r"Invalid value: 'transcription_session\.update'"):
        chain(tap, deployment="mine").from_client(Frame.of({"type": "transcription_session.update"}), 0.0)


def test_news_stand_nearest_to_the_client(tap: "Seen") -> None:
    """What is meant for the relay is taken before the gate would refuse it."""
    with pytest.raises(Refused) as refused:
        chain(tap, opted_in=True).from_client(Frame.of({"type": "relay.auth.refresh"}), 0.0)
    assert refused.value.param == "token"


def test_a_session_wakes_for_the_ends_of_things(tap: "Seen") -> None:
    """Before its maximum duration is over, and when its user's credential is; times are on the session's clock."""
    assert chain(tap).wake_at == 3540.0
    limited = chain(tap, news=news(credential_ends_at=600.0), now=500.0)
    assert limited.wake_at == 550.0
    limited.tick(550.0)
    assert limited.wake_at == 660.0
    with pytest.raises(Ended):
        limited.tick(660.0)


def test_nobody_asks_for_an_answer_while_speech_is_not_judged(tap: "Seen") -> None:
    """Not even a request that was let go on before: it waits nearest to the upstream."""
    profile = Profile("judged", guardrails=GuardrailRules(user_speech=True), turns=TurnRules(guard=True))
    filters = chain(tap, profile)
    create = Frame.of({"type": "response.create"})
    created = {"type": "response.created", "response": {"id": "resp_1", "conversation_id": "conv_1"}}
    done = {"type": "response.done", "response": {"id": "resp_1", "conversation_id": "conv_1", "output": []}}
    assert [type(each) for each in filters.from_client(create, 0.0)] == [ToUpstream]
    filters.from_upstream(Frame.of(created), 0.0)
    assert filters.from_client(create, 0.0) == []
    filters.from_upstream(
        Frame.of({"type": "input_audio_buffer.speech_started", "item_id": "item_1", "audio_start_ms": 0}), 0.0
    )
    assert [type(each) for each in filters.from_upstream(Frame.of(done), 0.0)] == [ToClient]


def test_what_a_profile_lists_is_held_to(tap: "Seen") -> None:
    """The gate's list is the profile's."""
    quiet = chain(tap, Profile("quiet", gate=GateRules(client=("response.cancel",))))
    with pytest.raises(Refused):
        quiet.from_client(Frame.of({"type": "response.create"}), 0.0)


MCP = {"type": "mcp", "server_label": "canary-archive", "server_url": "https://mcp.example.com"}


@pytest.mark.parametrize("hidden", [True, False])
def test_an_mcp_server_that_is_hidden_is_hidden_in_all_that_it_does(tap: "Seen", *, hidden: bool) -> None:
    """Its calls are steps of the service's own; a client that may see the server sees them."""
    rules = SessionRules.model_validate({**dict(SessionRules.open()), "tools": {"fixed": [MCP], "hidden": hidden}})
    filters = chain(tap, Profile("archived", session=rules))
    call = {"id": "item_1", "type": "mcp_call", "server_label": "canary-archive", "name": "n", "arguments": "{}"}
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "resp_1", "conversation_id": "conv", "output": []}},
        {"type": "response.output_item.added", "response_id": "resp_1", "output_index": 0, "item": call},
        {"type": "conversation.item.added", "previous_item_id": None, "item": call},
        {
            "type": "response.mcp_call_arguments.done",
            "response_id": "resp_1",
            "item_id": "item_1",
            "arguments": "{}",
        },
        {"type": "response.done", "response": {"id": "resp_1", "conversation_id": "conv", "output": [call]}},
    ]
    seen = [action for event in told for action in filters.from_upstream(Frame.of(event), 0.0)]
    events = [action.frame.event for action in seen if isinstance(action, ToClient)]
    assert ("canary-archive" in str(events)) is not hidden
    assert events[-1]["type"] == "response.done"
