"""Tests of app.policy: the list of filters that every session gets."""

from typing import TYPE_CHECKING

import pytest

from app.errors import Refused
from app.policy import make_chain
from app.policy.chain import ToClient, ToUpstream
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Seen


def test_a_session_has_both_rules(tap: "Seen") -> None:
    """Unknown client events are refused, unknown server events counted, and models renamed."""
    chain = make_chain("ga", shown="asked", deployment=None, tap=tap)
    with pytest.raises(Refused, match="Invalid value: 'nonsense'"):
        chain.from_client(Frame.of({"type": "nonsense"}), 0.0)
    match chain.from_client(Frame.of({"type": "session.update", "session": {"model": "m"}}), 0.0):
        case [ToUpstream(frame)]:
            assert frame.event == {"type": "session.update", "session": {}}
        case other:
            raise AssertionError(other)
    match chain.from_upstream(Frame.of({"type": "session.created", "session": {"model": "mine"}}), 0.0):
        case [ToClient(frame)]:
            assert frame.event == {"type": "session.created", "session": {"model": "asked"}}
        case other:
            raise AssertionError(other)
    chain.from_upstream(Frame.of({"type": "brand.new"}), 0.0)
    assert tap.unknown_events == ["brand.new"]


def test_the_list_is_the_generations(tap: "Seen") -> None:
    """An event that only preview knows passes in a preview session only."""
    frame = Frame.of({"type": "transcription_session.update", "session": {}})
    preview = make_chain("preview", shown=None, deployment="mine", tap=tap)
    assert preview.from_client(frame, 0.0) == [ToUpstream(frame)]
    with pytest.raises(Refused):
        make_chain("ga", shown=None, deployment="mine", tap=tap).from_client(frame, 0.0)


def test_nobody_wants_to_be_woken(tap: "Seen") -> None:
    """No rule of today looks at the clock."""
    assert make_chain("ga", shown=None, deployment=None, tap=tap).wake_at is None
