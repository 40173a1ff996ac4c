"""Tests of app.session by way of lanes: what is dealt with in a socket's callback, what not, in which order."""

import asyncio
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, cast

import pytest

from app.errors import Ended, Ending
from app.policy.chain import Filter, Outbox
from app.protocol.frame import Frame
from app.wire import MemorySocket
from tests.harness import until
from tests.session.laned import LanedSocket

if TYPE_CHECKING:
    from tests.session.conftest import Converse, Seen, Talk
    from tests.session.laned import Peer

pytestmark = pytest.mark.parametrize("converse", [LanedSocket], indirect=True)

WHERE = ContextVar("where", default="nowhere")


async def waits(talk: "Talk") -> None:
    """Wait until both pumps wait for the next message."""
    lanes = [cast("LanedSocket", near).lane for near in (talk.near_client, talk.near_upstream)]
    await until(lambda: all(lane.is_open for lane in lanes))


def at_once(socket: MemorySocket) -> list[bytes]:
    """Return what is there already, without giving anybody a turn."""
    told = []
    while not socket._inbox.empty():  # noqa: SLF001 - to wait for it would give a turn
        told.append(socket._inbox.get_nowait())  # noqa: SLF001
    return [each for each in told if isinstance(each, bytes)]


class Odd(Filter):
    """Does as it is told by the type of a frame."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Fail, end, pause, say it to both sides, or thrice."""
        match frame.type:
            case "fail":
                raise ZeroDivisionError
            case "end":
                raise Ended(Ending.OVER_QUOTA)
            case "both":
                out.to_client(frame)
            case "thrice":
                out.to_upstream(frame)
                out.to_upstream(frame)
            case "pause":
                out.pause("client", now + 0.05)
            case "begin":
                out.start(Where())
        out.to_upstream(frame)

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:  # noqa: ARG002 - a filter's
        """Tell the client."""
        out.to_client(Frame.of({"type": str(result)}))


class Where:
    """An effect that tells which context it runs in."""

    id = "where"

    async def run(self) -> object:
        """Look."""
        return WHERE.get()


async def test_a_message_is_passed_on_before_anybody_else_has_a_turn(converse: "Converse") -> None:
    """Either way, and counted like any other."""
    talk = converse()
    assert await talk.client.hears_all(1) == ["session.created"]
    await waits(talk)
    await talk.client.socket.send(b'{"type":"up"}')
    assert at_once(talk.upstream.socket) == [b'{"type":"up"}']
    await talk.upstream.socket.send(b'{"type":"down"}')
    assert at_once(talk.client.socket) == [b'{"type":"down"}']
    assert [each.frames for each in talk.session.relay.heard] == [1, 2]


async def test_an_answer_to_both_sides_goes_to_both(converse: "Converse") -> None:
    """In the same callback."""
    talk = converse(Odd())
    await talk.client.hears()
    await waits(talk)
    await talk.client.socket.send(b'{"type":"both"}')
    assert at_once(talk.upstream.socket) == at_once(talk.client.socket) == [b'{"type":"both"}']


def pushed(talk: "Talk", *kinds: str) -> list[bytes]:
    """Have messages of these types come in one read, and return them."""
    messages = [b'{"type":"%s"}' % kind.encode() for kind in kinds]
    cast("Peer", talk.client.socket).push(*messages)
    return messages


async def test_what_comes_in_one_read_goes_on_in_one_write(converse: "Converse") -> None:
    """To either side; and so does all that one message leads to."""
    talk = converse(Odd())
    await talk.client.hears()
    await waits(talk)
    upstream, client = cast("LanedSocket", talk.near_upstream), cast("LanedSocket", talk.near_client)
    before = client.writes
    messages = pushed(talk, "1", "both", "2")
    assert at_once(talk.upstream.socket) == messages
    assert at_once(talk.client.socket) == messages[1:2]
    assert (upstream.writes, client.writes) == (1, before + 1)
    (message,) = pushed(talk, "thrice")
    assert at_once(talk.upstream.socket) == 3 * [message]
    assert upstream.writes == 2


async def test_what_ends_a_session_ends_it_in_the_middle_of_a_read(converse: "Converse") -> None:
    """What came before it went on; what comes behind it does not."""
    talk = converse(Odd())
    await talk.client.hears()
    await waits(talk)
    messages = pushed(talk, "1", "fail", "2")
    assert at_once(talk.upstream.socket) == messages[:1]
    assert (await talk.ended()).ending is Ending.RELAY_FAULT
    assert at_once(talk.upstream.socket) == []


async def test_a_pause_holds_what_came_in_the_same_read(converse: "Converse") -> None:
    """It waits, in its order."""
    talk = converse(Odd())
    await talk.client.hears()
    await waits(talk)
    messages = pushed(talk, "1", "pause", "2", "3")
    assert at_once(talk.upstream.socket) == messages[:2]
    assert await talk.upstream.hears_all(2) == ["2", "3"]
    await waits(talk)


async def test_what_finds_no_room_goes_the_ordinary_way(converse: "Converse") -> None:
    """In its order; and when all of it is through, messages are passed on at once again."""
    talk = converse(upstream_buffer=1)
    await talk.client.hears()
    await waits(talk)
    await talk.client.says(*({"type": str(n)} for n in range(3)))
    assert await talk.upstream.hears_all(3) == ["0", "1", "2"]
    await waits(talk)
    await talk.client.socket.send(b'{"type":"3"}')
    assert at_once(talk.upstream.socket) == [b'{"type":"3"}']


async def test_nothing_overtakes_who_waits_for_room(converse: "Converse") -> None:
    """A full reader stops the messages that go there, also those of the other side's callback."""
    talk = converse(Odd(), client_buffer=1)
    await waits(talk)  # session.created fills the client
    await talk.client.says({"type": "both"})
    await talk.upstream.says({"type": "down"})
    assert at_once(talk.upstream.socket) == []
    assert await talk.client.hears_all(3) == ["session.created", "both", "down"]
    assert await talk.upstream.hears_all(1) == ["both"]


async def test_a_pause_holds_from_the_next_message_on(converse: "Converse") -> None:
    """Although the pump waits for it already."""
    talk = converse(Odd())
    await talk.client.hears()
    await waits(talk)
    await talk.client.says({"type": "pause"}, {"type": "1"}, {"type": "2"})
    assert at_once(talk.upstream.socket) == [b'{"type":"pause"}']
    await asyncio.sleep(0)
    assert at_once(talk.upstream.socket) == []
    assert await talk.upstream.hears_all(2) == ["1", "2"]
    await waits(talk)


async def test_an_effect_belongs_to_its_session(converse: "Converse") -> None:
    """Although a socket's callback begins it, which knows nothing of the session."""
    WHERE.set("in the session")
    talk = converse(Odd())
    await talk.client.hears()
    await waits(talk)
    await asyncio.create_task(talk.client.says({"type": "begin"}), context=Context())
    assert await talk.client.hears_all(1) == ["in the session"]


@pytest.mark.parametrize(("kind", "ending"), [("end", Ending.OVER_QUOTA), ("fail", Ending.RELAY_FAULT)])
async def test_what_is_raised_ends_the_session(converse: "Converse", kind: str, ending: Ending) -> None:
    """As in a pump; and what comes then is not taken any more."""
    talk = converse(Odd())
    await talk.client.hears()
    await waits(talk)
    await talk.client.says({"type": kind}, {"type": "late"})
    assert (await talk.ended()).ending is ending
    assert at_once(talk.upstream.socket) == []


async def test_a_message_that_is_refused_is_answered_at_once(converse: "Converse", tap: "Seen") -> None:
    """To refuse is an answer as well."""
    talk = converse()
    await talk.client.hears()
    await waits(talk)
    await talk.client.socket.send(b"[]")
    (answer,) = at_once(talk.client.socket)
    assert b"invalid_event" in answer
    assert tap.refusals == ["invalid_event"]
