"""Tests of app.relay: text in, actions out, and what the rest of the session needs to know."""

from typing import Any

import pytest

from app.errors import Ended, Ending
from app.policy.actions import Start, ToClient, ToUpstream
from app.policy.chain import Chain, Filter, Outbox
from app.policy.teller import Teller
from app.protocol.frame import Frame
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.telemetry import Telemetry


class Clocked(Filter):
    """Tells what it was asked, and when, to the client."""

    wake_at = 7.0

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Tell."""
        out.to_client(Frame.of({"type": "asked", "of": frame.type, "at": now}))

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:
        """Tell."""
        out.to_client(Frame.of({"type": "done", "of": effect_id, "result": result, "at": now}))

    def tick(self, now: float, out: Outbox) -> None:
        """Tell, and begin an effect under the time's name."""
        out.to_client(Frame.of({"type": "tick", "at": now}))
        out.start(Named(str(now)))


class Named:
    """An effect that nobody runs here."""

    def __init__(self, name: str) -> None:
        self.id = name

    async def run(self) -> object:
        """Fail: the relay only tells of effects."""
        raise AssertionError


class Counting(Telemetry):
    """A tap that remembers which refusals it was told of."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str] = []

    def refused(self, code: str) -> None:
        """Remember."""
        self.codes.append(code)


def open_relay() -> Relay:
    """Return a relay that lets everything pass."""
    return Relay(Chain([]), Translation(Spoken()), Telemetry(), Teller("s1"))


def test_what_the_client_sends_goes_to_the_upstream_in_our_spelling() -> None:
    """One message in, one action out."""
    match open_relay().from_client(b' {"type":"a", "type":"response.create"}', 0.0):
        case [ToUpstream(frame)]:
            assert frame.text == b'{"type":"response.create"}'
        case other:
            raise AssertionError(other)


def test_what_the_upstream_sends_goes_to_the_client_as_it_came() -> None:
    """One message in, one action out, byte for byte."""
    data = b' {"type" : "response.done"}'
    match open_relay().from_upstream(data, 0.0):
        case [ToClient(frame)]:
            assert frame.text is data
        case other:
            raise AssertionError(other)


def test_a_clients_message_that_is_no_frame_is_refused() -> None:
    """It is answered by an `error` and counted, and the relay takes the next message."""
    counted = Counting()
    relay = Relay(Chain([]), Translation(Spoken()), counted, Teller("s1"))
    match relay.from_client(b"{", 0.0):
        case [ToClient(frame)]:
            assert (frame.type, frame.event["error"]["code"]) == ("error", "invalid_json")
        case other:
            raise AssertionError(other)
    assert counted.codes == ["invalid_json"]
    assert len(relay.from_client(b'{"type":"a"}', 0.0)) == 1


def test_a_silent_relay_drops_what_it_refuses() -> None:
    """For clients whose first error is their last; it is counted all the same."""
    counted = Counting()
    relay = Relay(Chain([]), Translation(Spoken()), counted, Teller("s1"), silent=True)
    assert relay.from_client(b"{", 0.0) == []
    assert counted.codes == ["invalid_json"]


class Echo(Filter):
    """Puts what an upstream says aside, and asks for an item that a preview upstream has no word for."""

    def __init__(self) -> None:
        self.heard: list[Frame] = []

    def tick(self, now: float, out: Outbox) -> None:  # noqa: ARG002 - asks at any time
        """Ask."""
        part = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
        item = {"type": "message", "role": "user", "content": [part]}
        out.to_upstream(Frame.of({"type": "conversation.item.create", "event_id": "mine", "item": item}))
        out.to_upstream(Frame.of({"type": "response.cancel"}))

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - keeps at any time
        """Keep it, and pass it on."""
        self.heard.append(frame)
        out.to_client(frame)

    wake_at = 1.0


def test_what_the_upstream_has_no_word_for_is_answered_as_by_it() -> None:
    """The filters learn of it by an `error`, as they would from the service; the rest of the answer goes on."""
    counted, echo = Counting(), Echo()
    relay = Relay(Chain([echo]), Translation(Spoken(upstream="preview")), counted, Teller("s1"))
    refused, passed = relay.tick(1.0)
    assert isinstance(refused, ToClient)
    assert refused.frame.event["error"]["event_id"] == "mine"
    assert refused.frame.event["error"]["code"] == "invalid_value"
    assert isinstance(passed, ToUpstream)
    assert [frame.type for frame in echo.heard] == ["error"]
    assert counted.codes == ["invalid_value"]


def test_an_upstreams_message_that_is_no_event_ends_the_session() -> None:
    """`Ended` comes through."""
    with pytest.raises(Ended) as ended:
        open_relay().from_upstream(b"{}", 0.0)
    assert ended.value.ending is Ending.UPSTREAM_FAILED


def test_the_chain_is_asked_at_the_time_of_the_input() -> None:
    """Frames, results and ticks come with `now`, and `wake_at` is the chain's."""
    relay = Relay(Chain([Clocked()]), Translation(Spoken()), Telemetry(), Teller("s1"))
    assert relay.wake_at == 7.0
    answers = [
        relay.from_client(b'{"type":"a"}', 1.0),
        relay.tick(6.9),
        relay.tick(7.0),
        relay.done("7.0", "r", 8.0),
    ]
    said = [[action.frame.event for action in each if isinstance(action, ToClient)] for each in answers]
    assert said == [
        [{"type": "asked", "of": "a", "at": 1.0}],
        [],
        [{"type": "tick", "at": 7.0}],
        [{"type": "done", "of": "7.0", "result": "r", "at": 8.0}],
    ]


@pytest.mark.parametrize(
    ("kind", "upstream"), [("response.output_audio.delta", "ga"), ("response.audio.delta", "preview")]
)
def test_the_first_audio_is_remembered(kind: str, upstream: Any) -> None:
    """Its time, and not that of any later, in either generation's words; text is no audio."""
    relay = Relay(Chain([]), Translation(Spoken(upstream=upstream)), Telemetry(), Teller("s1"))
    for now, each in enumerate(["session.created", "response.output_text.delta", kind, kind]):
        relay.from_upstream(f'{{"type":"{each}"}}'.encode(), float(now))
    assert relay.first_audio_at == 2.0


def test_before_any_audio_there_is_no_time() -> None:
    """None stands for a session without audio; what the client says is no answer."""
    relay = open_relay()
    relay.from_client(b'{"type":"response.output_audio.delta"}', 1.0)
    assert relay.first_audio_at is None


EXPIRIES = [
    (b'{"type":"error","error":{"code":"session_expired","message":"Over."}}', True),
    (b'{"type":"error","error":{"code":"invalid_value"}}', False),
    (b'{"type":"error","error":{"code":null}}', False),
    (b'{"type":"error","error":"session_expired"}', False),
    (b'{"type":"error","code":"session_expired"}', False),
    (b'{"type":"error"}', False),
    (b'{"type":"response.done","error":{"code":"session_expired"}}', False),
]


@pytest.mark.parametrize(("data", "expired"), EXPIRIES)
def test_the_service_announces_its_own_cap(data: bytes, *, expired: bool) -> None:
    """Only an `error` event whose code is `session_expired` does, and it reaches the client all the same."""
    relay = open_relay()
    assert not relay.expired
    assert len(relay.from_upstream(data, 0.0)) == 1
    assert relay.expired is expired


def test_an_announced_cap_is_not_taken_back() -> None:
    """Another error behind it changes nothing."""
    relay = open_relay()
    relay.from_upstream(EXPIRIES[0][0], 0.0)
    relay.from_upstream(EXPIRIES[1][0], 0.0)
    assert relay.expired


def test_a_client_cannot_announce_it() -> None:
    """An `error` event of the client's is a frame like any other."""
    relay = open_relay()
    relay.from_client(EXPIRIES[0][0], 0.0)
    assert not relay.expired


def preview_client(*, announce: bool) -> tuple[Relay, Telemetry]:
    """Return a relay between a preview client and a GA upstream."""
    telemetry = Telemetry()
    return Relay(
        Chain([]), Translation(Spoken(client="preview")), telemetry, Teller("s1", opted_in=announce)
    ), telemetry


def test_both_sides_hear_their_own_words() -> None:
    """What goes out is translated, whichever way, and what is no frame is left alone."""
    relay, _ = preview_client(announce=False)
    up = relay.from_client(b'{"type":"response.create","response":{"modalities":["text"]}}', 0.0)
    assert [action.frame.event for action in up if isinstance(action, ToUpstream)] == [
        {"type": "response.create", "response": {"output_modalities": ["text"]}}
    ]
    down = relay.from_upstream(b'{"type":"response.output_audio.delta","event_id":"e","delta":"AAAA"}', 0.0)
    assert [action.frame.type for action in down if isinstance(action, ToClient)] == ["response.audio.delta"]
    effects = Relay(Chain([Clocked()]), Translation(Spoken(client="preview")), Telemetry(), Teller("s1"))
    assert [type(action) for action in effects.tick(7.0)] == [ToClient, Start]


@pytest.mark.parametrize("announce", [True, False])
def test_what_a_translation_loses_is_told_once(announce: bool) -> None:  # noqa: FBT001 - a table's column
    """To the operator, and to a client that opted in."""
    relay, telemetry = preview_client(announce=announce)
    update = b'{"type":"session.update","session":{"temperature":0.7}}'
    answers = [relay.from_client(update, 0.0) for _ in range(2)]
    told = [[each.frame.event["type"] for each in answer if isinstance(each, ToClient)] for answer in answers]
    assert told == [["relay.warning"] if announce else [], []]
    assert telemetry.losses == 1
