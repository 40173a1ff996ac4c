"""Properties of a whole locked session, in all pairings of generations: hidden stays hidden, fixed stays fixed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.catalogue import GenerationName
from tests.policy.session import LockedSession
from tests.policy.session_fields.test_property import EVENTS, JUNK

Event = dict[str, Any]

FLAT = st.dictionaries(
    st.sampled_from(
        ["instructions", "voice", "tools", "tool_choice", "temperature", "modalities",
         "max_response_output_tokens", "turn_detection", "input_audio_format", "input_audio_transcription",
         "no_such"]
    ),
    JUNK,
    max_size=4,
)  # fmt: skip
"""Sessions and responses in preview's words."""

TEXT = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
SAID = st.one_of(
    EVENTS,
    st.builds(lambda flat: {"type": "session.update", "session": flat}, FLAT),
    st.builds(lambda flat: {"type": "response.create", "response": flat}, FLAT),
    st.sampled_from([{"type": "response.cancel"}, {"type": "conversation.item.create", "item": TEXT}]),
    st.builds(
        lambda kind, item_id: {"type": f"conversation.item.{kind}", "item_id": item_id},
        st.sampled_from(["retrieve", "delete", "truncate"]),
        st.sampled_from(["canary_item_1_0", "item_1_0"]),
    ),
)
STEPS = st.one_of(
    st.tuples(st.just("say"), SAID),
    st.tuples(
        st.just("respond"),
        st.lists(st.sampled_from(["message", "call"]), min_size=1, max_size=3),
        st.integers(1, 30),
    ),
    st.tuples(st.just("complain"), st.sampled_from(["invalid_value", "canary_lookup"])),
    st.tuples(st.just("end_a_tool")),
)
GENERATIONS: list[GenerationName] = ["ga", "preview"]


@pytest.mark.parametrize("service", GENERATIONS)
@pytest.mark.parametrize("client", GENERATIONS)
@given(steps=st.lists(STEPS, max_size=6))
def test_a_locked_session(client: GenerationName, service: GenerationName, steps: list[tuple[Any, ...]]) -> None:
    """Whatever is asked, called, cut short or refused: `LockedSession` fails where a frame breaks the rule."""
    session = LockedSession(client, service)
    for step, *arguments in steps:
        getattr(session, step)(*arguments)


@pytest.mark.parametrize("service", GENERATIONS)
@pytest.mark.parametrize("client", GENERATIONS)
def test_what_the_property_looks_at(client: GenerationName, service: GenerationName) -> None:
    """Calls do begin and end in these sessions, and answers are seen."""
    session = LockedSession(client, service)
    session.say({"type": "response.create"})
    session.respond(["message", "call"], cut=99)
    assert session.running == ["tool_call_canary_item_2_1"]
    session.end_a_tool()
    assert session.told["response.done", "resp_2"] == 1
    assert [event["type"] for event in session.upwards[-2:]] == ["conversation.item.create", "response.create"]
