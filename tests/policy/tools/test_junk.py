"""The property of app.policy.tools and app.policy.turns that whatever the upstream sends, no filter breaks."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.policy.actions import Cancel, Start, ToClient
from app.policy.chain import Chain
from app.policy.teller import Teller
from app.policy.tools import ToolRules, Tools
from app.policy.turns import TurnGuard, TurnRules
from app.protocol.catalogue import GA
from app.protocol.frame import Frame
from tests.policy.tools.calling import ASK, CANCEL, TOOLS, Desk
from tests.policy.turns.turning import OCCUPIED, Noted

IDS = ["r1", "r2", "c1", "call_c1", "m1", "event_relay_s1_1", "event_relay_s1_2", ""]
WORDS = [*IDS, "search", "seen", "weather", "function_call", "function_call_output", "message", "mcp_call"]
WORDS += ["completed", "in_progress", "cancelled", OCCUPIED, "response_cancel_not_active", "response.x"]
ATOMS = st.none() | st.booleans() | st.integers(-1, 2) | st.floats(allow_nan=False) | st.sampled_from(WORDS)
IN_ITEMS = ["id", "type", "name", "call_id", "status", "arguments", "role", "content", "output"]
IN_RESPONSES = ["id", "status", "output", "conversation_id", "metadata", "status_details"]
IN_ERRORS = ["code", "event_id", "param", "message"]
TOP = ["item_id", "response_id", "call_id", "previous_item_id", "output_index", "content_index", "delta"]
TOP += ["arguments", "event_id", "audio_end_ms", "item", "response", "error", "session"]
KEYS = sorted({*IN_ITEMS, *IN_RESPONSES, *IN_ERRORS, *TOP, "audio", "output", "format", "rate", "tool_choice"})
JUNK = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
)
ID = st.sampled_from(IDS)


def mostly(likely: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for what should stand there, or anything else."""
    return likely | likely | likely | JUNK


def fields(names: list[str], **likely: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for objects with any of these fields, of which some are mostly what they should be."""
    told = {name: mostly(likely.get(name, ID)) for name in names}
    return st.fixed_dictionaries({}, optional=told)


ITEM = fields(
    IN_ITEMS, type=st.sampled_from(WORDS), name=st.sampled_from(list(TOOLS)), status=st.just("completed")
)
RESPONSE = fields(
    IN_RESPONSES,
    output=st.lists(mostly(ITEM), max_size=2),
    status=st.sampled_from(["completed", "cancelled"]),
    conversation_id=st.sampled_from(["conv", None]),
)
ERROR = fields(IN_ERRORS, code=st.sampled_from(WORDS))
EVENT = fields(TOP, item=ITEM, response=RESPONSE, error=ERROR, output_index=st.integers(0, 2))
KINDS = sorted(kind for kind in GA.server if kind.startswith(("response.", "conversation.item", "session.")))
ACTIVE = ["response.created", "response.done", "response.output_item.added", "response.output_item.done", "error"]
KIND = st.sampled_from(ACTIVE) | st.sampled_from([*KINDS, "error", "input_audio_buffer.speech_started"])
UPSTREAM = st.tuples(st.just("upstream"), st.builds(lambda event, kind: {**event, "type": kind}, EVENT, KIND))
CLIENT = st.tuples(st.just("client"), st.sampled_from([ASK, {**ASK, "event_id": "c1"}, CANCEL]))
OTHER = st.tuples(st.sampled_from(["done", "tick"]), st.none())
STEPS = st.lists(UPSTREAM | UPSTREAM | UPSTREAM | CLIENT | OTHER, max_size=25)


class Talk:
    """A conversation with both filters, whose tools answer when they are told to."""

    def __init__(self) -> None:
        teller = Teller("s1")
        self.tools = Tools(TOOLS, ToolRules(), Desk(), teller)
        guard = TurnGuard(TurnRules(guard=True), teller, Noted(), lambda: self.tools.busy)
        self.chain = Chain([self.tools, guard])
        self.running: list[str] = []
        self.shown: list[Frame] = []
        self.now = 0.0

    def take(self, step: str, event: dict[str, Any] | None) -> None:
        """Put one thing in, and take in what comes out."""
        self.now += 0.3
        match step, event:
            case "upstream", dict():
                actions = self.chain.from_upstream(Frame.of(event), self.now)
            case "client", dict():
                actions = self.chain.from_client(Frame.of(event), self.now)
            case "done", _ if self.running:
                actions = self.chain.done(self.running.pop(0), "found", self.now)
            case _:
                actions = self.chain.tick(self.now)
        self.running += [each.effect.id for each in actions if isinstance(each, Start)]
        self.running = [each for each in self.running if Cancel(each) not in actions]
        self.shown += [each.frame for each in actions if isinstance(each, ToClient)]


@given(STEPS)
def test_nothing_breaks(steps: list[tuple[str, dict[str, Any] | None]]) -> None:
    """Ids that are lists, responses that are numbers, calls without names: each frame can still be sent.

    When the tools have answered and the service is silent, nothing is owed, and nobody needs waking.
    """
    talk = Talk()
    for step, event in steps:
        talk.take(step, event)
    assert all(frame.text for frame in talk.shown)
    for _ in range(60):
        talk.take("done", None)
        talk.now += 30
    assert not talk.tools.busy
    assert talk.chain.wake_at is None
