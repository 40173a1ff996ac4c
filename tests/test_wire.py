"""Tests of app.wire: the contract of a socket, as `MemorySocket` keeps it."""

import asyncio

import pytest

from app.wire import ABNORMAL, Closed, MemorySocket

AT_ONCE = 0.02
"""Seconds after which what waits is said to wait; nothing that is expected to happen has to happen within them."""


async def received(socket: MemorySocket) -> bytes | Closed:
    """Return the next message, or the close."""
    async with asyncio.timeout(5):
        try:
            return await socket.recv()
        except Closed as closed:
            return closed


async def test_what_one_end_sends_the_other_receives() -> None:
    """Messages arrive in order, both ways."""
    here, there = MemorySocket.pair()
    await here.send(b"1")
    await here.send(b"2")
    await there.send(b"3")
    assert [await received(there), await received(there), await received(here)] == [b"1", b"2", b"3"]


async def test_a_close_arrives_behind_the_messages_and_stays() -> None:
    """The other end reads what was sent before, then the close, as often as it asks."""
    here, there = MemorySocket.pair()
    await here.send(b"last")
    await here.close(3000, "why")
    heard = [await received(there) for _ in range(3)]
    assert [b"last", Closed(3000, "why"), Closed(3000, "why")] == heard


async def test_nothing_is_sent_on_a_closed_socket() -> None:
    """After a close of either end `send` raises what `recv` raised."""
    here, there = MemorySocket.pair()
    await here.close(1000, "")
    await received(there)
    for end in (here, there):
        with pytest.raises(Closed) as closed:
            await end.send(b"late")
        assert Closed(1000, "") == closed.value


async def test_only_the_first_close_counts() -> None:
    """A second close, or one after the other end's, says nothing more."""
    here, there = MemorySocket.pair()
    await here.close(1000, "first")
    await here.close(1011, "second")
    assert Closed(1000, "first") == await received(there)
    await there.close(1011, "third")
    assert Closed(1000, "first") == await received(here)


async def test_a_full_buffer_makes_the_sender_wait() -> None:
    """`send` returns when the other end has made room."""
    here, there = MemorySocket.pair(1)
    await here.send(b"1")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(AT_ONCE):
            await here.send(b"2")
    sending = asyncio.create_task(here.send(b"3"))
    assert [await received(there), await received(there)] == [b"1", b"3"]
    await sending


@pytest.mark.parametrize("unread", [[], [b"1"], [b"1", b"2"]])
async def test_an_abort_reaches_the_other_end_through_any_buffer(unread: list[bytes]) -> None:
    """1006 comes behind what was not read, or instead of it where the buffer is full."""
    here, there = MemorySocket.pair(2)
    for data in unread:
        await here.send(data)
    here.abort()
    kept = unread if len(unread) < 2 else unread[1:]
    assert [*kept, Closed(ABNORMAL)] == [await received(there) for _ in range(len(kept) + 1)]
    assert here.aborted


async def test_an_aborted_socket_is_closed() -> None:
    """Whoever aborted hears 1006 too, and can send nothing more."""
    here, _ = MemorySocket.pair()
    here.abort()
    assert Closed(1006, "") == await received(here)
    with pytest.raises(Closed):
        await here.send(b"late")


async def test_receiving_is_safe_to_cancel() -> None:
    """A message that comes after a cancelled `recv` goes to the next."""
    here, there = MemorySocket.pair()
    receiving = asyncio.create_task(there.recv())
    await asyncio.wait([receiving], timeout=AT_ONCE)
    receiving.cancel()
    await asyncio.wait([receiving])
    await here.send(b"kept")
    assert await received(there) == b"kept"


def test_a_close_without_a_frame_is_1006() -> None:
    """`Closed` without more stands for a lost connection."""
    assert (Closed().code, Closed().reason) == (1006, "")
