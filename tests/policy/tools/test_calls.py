"""Tests of app.policy.tools.calls: what becomes of calls when somebody interrupts, or the response fails."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from tests.policy.tools.calling import (
    ASK,
    CANCEL,
    CANCELLED,
    INTERRUPTED,
    SPEECH,
    begins,
    call,
    calls_hidden,
    created,
    done,
    ends,
    follow_up,
    message,
    output,
    passes,
    sends,
    tools,
    unseen,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]


def ended(reason: str) -> dict[str, Any]:
    """Return the end of an interrupted response, as the client is told of it."""
    return done(status="cancelled", status_details={"type": "cancelled", "reason": reason})


def test_who_speaks_interrupts_the_tools(play: "Play") -> None:
    """What has a result keeps it, the rest was interrupted; the client's response is cancelled, none follows."""
    each = tools()
    script = play([each])
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1", "c2", "c3")))
    script >> ("done", ("tool_call_c2", "found"))
    script >> ("upstream", SPEECH) << ("to client", SPEECH)
    script << ("cancel", "tool_call_c1") << ("cancel", "tool_call_c3")
    script << ("to client", created()) << ("to client", ended("turn_detected"))
    script << output(1, "call_c1", INTERRUPTED) << output(2, "call_c2") << output(3, "call_c3", INTERRUPTED)
    assert not each.busy
    script >> ("done", ("tool_call_c1", "too late"))


def test_a_result_that_was_under_way_is_nobodys() -> None:
    """Even where it reaches the filter itself: nothing is put out."""
    tools().done("tool_call_c1", "too late", 0.0, None)  # type: ignore[arg-type] # nothing may be put out


def test_the_client_cancels_what_was_kept_from_it(play: "Play") -> None:
    """Its event goes no further, as the service has nothing to cancel; the response ends for the client."""
    script = play([tools()])
    sends(script, ASK)
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("client", CANCEL) << ("cancel", "tool_call_c1")
    script << ("to client", created()) << ("to client", ended("client_cancelled"))
    script << output(1, "call_c1", INTERRUPTED)
    sends(script, CANCEL)


def test_the_client_cancels_while_the_model_speaks(play: "Play") -> None:
    """The service cancels the response; the calls in it get their outputs when it has."""
    script = play([tools()])
    said = message("m1", "incomplete")
    unseen(script, created())
    calls = calls_hidden(script, "c1")
    script >> ("upstream", begins(said, 1)) << ("to client", created()) << ("to client", begins(said))
    script >> ("client", CANCEL) << ("cancel", "tool_call_c1") << ("to upstream", CANCEL)
    script >> ("upstream", ends(said, 1)) << ("to client", ends(said))
    cut: dict[str, Any] = {
        "status": "cancelled",
        "status_details": {"type": "cancelled", "reason": "client_cancelled"},
    }
    script >> ("upstream", done(*calls, said, **cut)) << ("to client", done(said, **cut))
    script << output(1, "call_c1", INTERRUPTED)


def test_a_cancel_that_comes_too_late_is_heeded_all_the_same(play: "Play") -> None:
    """The response ended by itself before the service read it: nothing follows, and the client is told so."""
    script = play([tools()])
    unseen(script, created())
    items = calls_hidden(script, "c1")
    script >> ("client", CANCEL) << ("cancel", "tool_call_c1") << ("to upstream", CANCEL)
    script >> ("upstream", done(*items)) << ("to client", created())
    script << ("to client", ended("client_cancelled")) << output(1, "call_c1", INTERRUPTED)


def test_a_cancel_that_names_another_response(play: "Play") -> None:
    """Goes on and interrupts nothing here."""
    script = play([tools()])
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    sends(script, {**CANCEL, "response_id": "r9"})
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)


def test_a_cancel_after_a_request_that_waits(play: "Play") -> None:
    """Is about that: both go on, in this order."""
    script = play([tools()])
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("client", ASK)
    script >> ("client", CANCEL) << ("cancel", "tool_call_c1")
    script << ("to client", created()) << ("to client", ended("client_cancelled"))
    script << output(1, "call_c1", INTERRUPTED) << ("to upstream", ASK) << ("to upstream", CANCEL)


def test_a_call_that_comes_after_an_interruption_is_not_made(play: "Play") -> None:
    """Where the service does not interrupt, its response goes on: its calls are answered so."""
    script = play([tools()])
    unseen(script, created())
    passes(script, SPEECH)
    unseen(script, begins(call("c1")), ends(call("c1")))
    script >> ("upstream", done(call("c1"))) << ("to client", created())
    script << ("to client", ended("turn_detected")) << output(1, "call_c1", INTERRUPTED)


@pytest.mark.parametrize("status", ["cancelled", "failed", "incomplete"])
def test_a_response_that_does_not_complete(play: "Play", status: str) -> None:
    """Is followed by nothing: its tools are cancelled, and every call has its output."""
    each = tools()
    script = play([each])
    unseen(script, created())
    items = calls_hidden(script, "c1", "c2")
    script >> ("done", ("tool_call_c1", "found"))
    script >> ("upstream", done(*items, status=status)) << ("cancel", "tool_call_c2")
    script << ("to client", created()) << ("to client", done(status=status))
    script << output(1, "call_c1") << output(2, "call_c2", CANCELLED)
    assert not each.busy


def test_a_call_cut_short_is_none(play: "Play") -> None:
    """It was never whole: it is not made and gets no output."""
    each = tools()
    script = play([each])
    cut = call("c1", status="incomplete")
    unseen(script, created(), begins(cut), ends(cut))
    assert each.busy
    script >> ("upstream", done(cut, status="incomplete"))
    script << ("to client", created()) << ("to client", done(status="incomplete"))
    assert not each.busy


def test_calls_again_and_again(play: "Play") -> None:
    """The last follow-up allows no call; one that is made all the same is not carried out, and nothing follows."""
    script = play([tools(max_rounds=2)])
    for number in (1, 2):
        unseen(script, created(f"r{number}"))
        items = calls_hidden(script, f"c{number}", response_id=f"r{number}")
        unseen(script, done(*items, response_id=f"r{number}"))
        script >> ("done", (f"tool_call_c{number}", "found")) << output(2 * number - 1, f"call_c{number}")
        script << follow_up(2 * number, **({} if number == 1 else {"tool_choice": "none"}))
    unseen(script, created("r3"), begins(call("c3"), 0, "r3"), ends(call("c3"), 0, "r3"))
    script >> ("upstream", done(call("c3"), response_id="r3"))
    script << ("to client", created("r3")) << ("to client", done(response_id="r3"))
    script << output(5, "call_c3", '{"error": "Too many calls in a row: the tool was not called."}')


def test_a_request_of_the_clients_begins_the_count_anew(play: "Play") -> None:
    """When its response begins, if it has waited while tools were called for another."""
    script = play([tools(max_rounds=1)])
    sends(script, {**ASK, "event_id": "e1"}, {**ASK, "event_id": "e2"})
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2, tool_choice="none")
    unseen(script, created("r2"))
    calls_hidden(script, "c2", response_id="r2")


TURNS: list[tuple[str, dict[str, Any]]] = [
    ("upstream", {"type": "input_audio_buffer.committed", "item_id": "u1"}),
    ("upstream", SPEECH),
    ("client", ASK),
]


@pytest.mark.parametrize(("side", "event"), TURNS)
def test_a_turn_of_the_users_begins_the_count_anew(play: "Play", side: str, event: dict[str, Any]) -> None:
    """A session may call tools as often as its user speaks."""
    script = play([tools(max_rounds=1)])
    for number in (1, 2):
        script >> (side, event)
        script << ("to upstream" if side == "client" else "to client", event)
        unseen(script, created(f"r{number}"))
        items = calls_hidden(script, f"c{number}", response_id=f"r{number}")
        unseen(script, done(*items, response_id=f"r{number}"))
        script >> ("done", (f"tool_call_c{number}", "found")) << output(2 * number - 1, f"call_c{number}")
        script << follow_up(2 * number, tool_choice="none")
