"""The property of app.policy.turns: whatever crosses on the way, one response at a time, and none is forgotten.

The service here is as strict as the real one, and everything takes its time: requests are on their way up while
responses begin and end by themselves.
"""

from collections import deque
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.policy.actions import Action, ToUpstream
from app.policy.chain import Chain
from app.protocol.frame import Frame
from tests.policy.turns.turning import OCCUPIED, OUTPUT, Noted, Work, complaint, created, finished, guard

STEPS = ["create", "nameless", "cancel", "answer", "finish", "up", "up", "down", "down", "busy", "outputs", "idle"]
MAX_WAITING = 4


class Service:
    """Has one response at a time, and refuses another. `begun` are the names of those that were asked for."""

    def __init__(self) -> None:
        self.inbox: deque[dict[str, Any]] = deque()
        self.outbox: deque[dict[str, Any]] = deque()
        self.begun: list[str] = []
        self.cancels = 0
        self._count = 0
        self._active: str | None = None

    def begin(self) -> None:
        """Begin a response, unless one is under way."""
        if self._active is None:
            self._count += 1
            self._active = f"r{self._count}"
            self.outbox.append(created(self._active))

    def finish(self) -> None:
        """End the one that is under way, if one is."""
        if self._active is not None:
            self.outbox.append(finished(self._active))
            self._active = None

    def take(self) -> None:
        """Take the next event."""
        event = self.inbox.popleft()
        if event["type"] == "response.cancel":
            self.cancels += 1
            if self._active is None:
                self.outbox.append(complaint(event.get("event_id"), "response_cancel_not_active"))
            self.finish()
        elif event["type"] == "response.create" and self._active is not None:
            self.outbox.append(complaint(event["event_id"], OCCUPIED))
        elif event["type"] == "response.create":
            self.begun.append(event["response"]["name"])
            self.begin()


class Talk:
    """A client, the filter and the service, each step at a time."""

    def __init__(self) -> None:
        self.service = Service()
        self.guard = guard(Noted(), work := Work(), MAX_WAITING)
        self.asked: list[str] = []
        self.cancels = 0
        self.seen: list[dict[str, Any]] = []
        self._work = work
        self._chain = Chain([self.guard])
        self._now = 0.0

    def step(self, what: str) -> None:
        """Let one thing happen, if it can."""
        self._now += 0.01
        match what:
            case "create" | "nameless":
                self.asked.append(name := f"n{len(self.asked)}")
                given_id = {} if what == "nameless" else {"event_id": name}
                self._say({"type": "response.create", "response": {"name": name}, **given_id})
            case "cancel":
                self.cancels += 1
                self._say({"type": "response.cancel"})
            case "busy" | "idle":
                self._work.busy = what == "busy"
            case "outputs" if self._work.busy:
                self._say(OUTPUT)
                self._work.busy = False
                self._say({"type": "response.create", "event_id": "event_relay_s1_t", "response": {"name": "own"}})
            case _:
                self._serve(what)

    def rest(self) -> None:
        """Let everything come to its end."""
        self._work.busy = False
        for _ in range(4 * len(self.asked) + 8):
            while self.service.inbox or self.service.outbox:
                self.step("up")
                self.step("down")
            self.service.finish()
            self._now += 1.0
            self._do(self._chain.tick(self._now))

    def _serve(self, what: str) -> None:
        if what == "answer":
            self.service.begin()
        elif what == "finish":
            self.service.finish()
        elif what == "up" and self.service.inbox:
            self.service.take()
        elif what == "down" and self.service.outbox:
            self._do(self._chain.from_upstream(Frame.of(self.service.outbox.popleft()), self._now))

    def _say(self, event: dict[str, Any]) -> None:
        self._do(self._chain.from_client(Frame.of(event), self._now))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case ToUpstream(frame):
                    self.service.inbox.append(frame.event)
                case action:
                    self.seen.append(action.frame.event)  # type: ignore[union-attr]


def talk(steps: list[str]) -> Talk:
    """Let all this happen, and what follows from it."""
    talking = Talk()
    for each in steps:
        talking.step(each)
    talking.rest()
    return talking


@given(st.lists(st.sampled_from(STEPS), max_size=60))
def test_no_request_is_forgotten(steps: list[str]) -> None:
    """Each is answered once, refused as one too many, or taken back by a cancel of the client's own."""
    talking = talk(steps)
    begun = [name for name in talking.service.begun if name != "own"]
    too_many = [event for event in talking.seen if event["type"] == "error"]
    taken_back = talking.cancels - talking.service.cancels
    assert len(begun) == len(set(begun))
    assert len(talking.asked) - len(begun) - len(too_many) <= taken_back
    assert talking.guard.wake_at is None


@given(st.lists(st.sampled_from(STEPS), max_size=60))
def test_the_client_sees_one_response_at_a_time(steps: list[str]) -> None:
    """They begin and end in turn, and no error tells of what crossed on the way."""
    seen = talk(steps).seen
    kinds = [event["type"] for event in seen if event["type"] != "error"]
    assert kinds == ["response.created", "response.done"] * (len(kinds) // 2)
    codes = {event["error"]["code"] for event in seen if event["type"] == "error"}
    assert codes <= {"too_many_responses_waiting"}


@given(st.lists(st.sampled_from([each for each in STEPS if each != "cancel"]), max_size=40))
def test_without_a_cancel_every_request_is_answered(steps: list[str]) -> None:
    """All but those that were refused as too many."""
    talking = talk(steps)
    begun = {name for name in talking.service.begun if name != "own"}
    too_many = [event for event in talking.seen if event["type"] == "error"]
    assert len(talking.asked) == len(begun) + len(too_many)
