"""Tests of app.auth.tickets: how long a ticket lives, what it is bound to, and that it works once."""

import asyncio
import hashlib
from typing import Any

import pytest
from pydantic import ValidationError

from app.auth.credentials import Credential, Handshake, Identity
from app.auth.tickets import TicketConfig, Tickets
from app.errors import Ended, Ending
from app.store import LimitsConfig, MemoryStore

ALICE = Identity("alice", "key")
PAGE = "https://app.example"
NOW = 1000.0


class Meeting(MemoryStore):
    """A store where nobody takes a ticket before as many as are expected have found it."""

    def __init__(self, expected: int) -> None:
        super().__init__(LimitsConfig())
        self._met = asyncio.Barrier(expected)

    async def reserve_ticket(self, hashed: str, now: float) -> bool:
        """Wait for the others, then try."""
        async with asyncio.timeout(5):
            await self._met.wait()
        return await super().reserve_ticket(hashed, now)


def office(store: MemoryStore | None = None, **config: Any) -> Tickets:
    """Return an office that makes tickets."""
    return Tickets(TicketConfig(**config), store or MemoryStore(LimitsConfig()))


async def mint(tickets: Tickets, identity: Identity = ALICE, now: float = NOW, **bound: Any) -> tuple[str, float]:
    """Make a ticket, bound to nothing but what is said."""
    unbound: dict[str, Any] = {"seconds": None, "profiles": None, "origin": None, "model": None}
    return await tickets.mint(identity, now, **{**unbound, **bound})


async def use(tickets: Tickets, value: str, now: float = NOW, **handshake: Any) -> Identity:
    """Identify by a ticket."""
    return await tickets.identify(Credential(value, "subprotocol"), Handshake("/", **handshake), now)


async def refusal(tickets: Tickets, value: str, now: float = NOW, **handshake: Any) -> Ended:
    """Return why the ticket is refused; it is not repeated there."""
    with pytest.raises(Ended) as ended:
        await use(tickets, value, now, **handshake)
    assert value not in f"{ended.value.message}{ended.value.detail}{ended.value.reason}"
    return ended.value


async def test_a_ticket_is_random_and_recognizable() -> None:
    """It begins with `ek_`, holds 256 bits, needs no escaping in a subprotocol, and comes once."""
    tickets = office()
    values = {(await mint(tickets))[0] for _ in range(100)}
    assert len(values) == 100
    for value in values:
        assert value.startswith("ek_")
        assert len(value) == len("ek_") + 43
        assert value.replace("-", "").replace("_", "").isalnum()


async def test_the_store_holds_a_hash() -> None:
    """What is stored opens nothing."""
    tickets = office()
    value, _ = await mint(tickets)
    hashed = hashlib.sha256(value.encode()).hexdigest()
    assert await tickets.store.find_ticket(hashed, NOW) is not None
    assert await tickets.store.find_ticket(value, NOW) is None
    assert (await refusal(tickets, hashed)).code == "ticket_unusable"


LIVES: list[tuple[dict[str, Any], int | None, float | None, float]] = [
    # the operator's settings, the seconds asked for, the end of the minter's credential, and the ticket's
    ({}, None, None, 60),
    ({}, 30, None, 30),
    ({}, 600, None, 600),
    ({}, 601, None, 600),
    ({}, 7200, None, 600),
    ({}, 10, None, 10),
    ({}, 9, None, 10),
    ({}, 0, None, 10),
    ({}, -5, None, 10),
    ({"seconds": 5}, None, None, 5),
    ({"seconds": 120}, None, None, 120),
    ({"seconds": 5, "maximum_seconds": 5}, 10, None, 5),
    ({"maximum_seconds": 7200}, 7200, None, 7200),
    ({}, None, 40, 40),
    ({}, None, 60, 60),
    ({}, None, 61, 60),
    ({}, 600, 59.5, 59.5),
    ({}, 10, 1, 1),
]


@pytest.mark.parametrize(("config", "seconds", "left", "life"), LIVES)
async def test_how_long_a_ticket_lives(
    config: dict[str, Any], seconds: int | None, left: float | None, life: float
) -> None:
    """As long as was asked for: 10 s at least, the operator's most, and no longer than the minter's credential."""
    tickets = office(**config)
    minter = Identity("alice", "key", None if left is None else NOW + left)
    value, expires_at = await mint(tickets, minter, seconds=seconds)
    assert expires_at == NOW + life
    assert (await refusal(tickets, value, NOW + life)).code == "ticket_unusable"
    assert (await use(tickets, value, NOW + life - 0.1)).name == "alice"


@pytest.mark.parametrize(
    "config",
    [{"seconds": 0}, {"maximum_seconds": 0}, {"minimum_seconds": 1}, {"seconds": 2, "maximum_seconds": 1}],
)
def test_settings_that_make_no_sense_are_refused(config: dict[str, int]) -> None:
    """A ticket that never works is a mistake, and so is a setting that is none."""
    with pytest.raises(ValidationError):
        TicketConfig.model_validate(config)


MINTERS = [
    ALICE,
    Identity("alice:with:colons", "key", 5000.0, ("kiosk", "open")),
    Identity("issuer#subject", "oidc", 2000.0),
    Identity("aad#dave", "easyauth"),
    Identity("dev", "dev"),
]


@pytest.mark.parametrize("minter", MINTERS)
async def test_a_ticket_is_its_minters(minter: Identity) -> None:
    """Who comes with it is counted and limited as the minter itself, and the session ends with its credential."""
    tickets = office()
    value, _ = await mint(tickets, minter, model="asked", profiles=("kiosk", "open"))
    identity = await use(tickets, value)
    assert (identity.name, identity.method) == (minter.name, minter.method)
    assert (identity.expires_at, identity.profiles) == (minter.expires_at, ("kiosk", "open"))
    assert identity.ticket == hashlib.sha256(value.encode()).hexdigest()
    assert identity.model == "asked"


@pytest.mark.parametrize("value", ["ek_", "ek_made-up", "ek_\ud800", "ek_" + "x" * 1000])
async def test_what_was_never_made_is_refused(value: str) -> None:
    """With a sentence that says how to get another one."""
    tickets = office()
    await mint(tickets)
    ended = await refusal(tickets, value)
    assert (ended.ending, ended.code) == (Ending.UNAUTHENTICATED, "ticket_unusable")
    assert ended.message.endswith("each opens one connection, soon after it was made. Get a new one.")
    assert ended.detail == "unknown, expired, or in use"


async def test_a_ticket_in_use_is_refused() -> None:
    """From the moment at which its bearer is known; after that it is gone for good."""
    tickets = office()
    value, _ = await mint(tickets)
    identity = await use(tickets, value)
    assert (await refusal(tickets, value)).code == "ticket_unusable"
    assert identity.ticket is not None
    await tickets.store.consume_ticket(identity.ticket)
    await tickets.store.release_ticket(identity.ticket)
    assert (await refusal(tickets, value)).code == "ticket_unusable"


async def test_a_ticket_given_back_is_good_for_another_try() -> None:
    """As long as it lives, and for one at a time."""
    tickets = office()
    value, expires_at = await mint(tickets)
    for now in (NOW, NOW + 1, expires_at - 0.1):
        identity = await use(tickets, value, now)
        assert (await refusal(tickets, value, now)).code == "ticket_unusable"
        assert identity.ticket is not None
        await tickets.store.release_ticket(identity.ticket)
    assert (await refusal(tickets, value, expires_at)).code == "ticket_unusable"


async def test_of_several_who_come_at_once_one_wins() -> None:
    """All have found it good; the others are told no more than that it cannot be used."""
    tickets = office(Meeting(3))
    value, _ = await mint(tickets)
    outcomes = await asyncio.gather(*(use(tickets, value) for _ in range(3)), return_exceptions=True)
    winners = [each for each in outcomes if isinstance(each, Identity)]
    losers = [each for each in outcomes if isinstance(each, Ended)]
    assert [each.name for each in winners] == ["alice"]
    assert [(each.code, each.detail) for each in losers] == [
        ("ticket_unusable", "taken by another connection")
    ] * 2


ORIGINS: list[tuple[str | None, str | None, bool]] = [
    # what the ticket is bound to, the Origin that comes, and whether it opens
    (None, None, True),
    (None, PAGE, True),
    (PAGE, PAGE, True),
    (PAGE, None, False),
    (PAGE, "https://evil.example", False),
    (PAGE, "http://app.example", False),
    (PAGE, "https://app.example:8443", False),
    (PAGE, "https://app.example.evil.example", False),
    (PAGE, "null", False),
]


@pytest.mark.parametrize(("bound", "came", "opens"), ORIGINS)
async def test_a_ticket_belongs_to_its_page(bound: str | None, came: str | None, *, opens: bool) -> None:
    """Another page cannot use it, nor use it up."""
    tickets = office()
    value, _ = await mint(tickets, origin=bound)
    headers = {} if came is None else {"origin": came}
    if not opens:
        ended = await refusal(tickets, value, headers=headers)
        assert (ended.ending, ended.code) == (Ending.FORBIDDEN, "ticket_origin")
        headers = {"origin": PAGE}
    assert (await use(tickets, value, headers=headers)).name == "alice"


PROFILES: list[tuple[tuple[str, ...] | None, str | None, bool]] = [
    # what the ticket is good for, what is asked for with it, and whether it opens
    (None, None, True),
    (None, "kiosk", True),
    (("kiosk",), None, True),
    (("kiosk",), "kiosk", True),
    (("kiosk",), "open", False),
    (("kiosk", "open"), "open", True),
    (("kiosk", "open"), "other", False),
    ((), "open", False),
]


@pytest.mark.parametrize(("good_for", "asked", "opens"), PROFILES)
async def test_a_ticket_belongs_to_its_profiles(
    good_for: tuple[str, ...] | None, asked: str | None, *, opens: bool
) -> None:
    """Those that whoever made it may use, or the one that it was made for."""
    tickets = office()
    value, _ = await mint(tickets, profiles=good_for)
    query = {} if asked is None else {"profile": asked}
    if not opens:
        ended = await refusal(tickets, value, query=query)
        assert (ended.ending, ended.code) == (Ending.FORBIDDEN, "ticket_profile")
        query = {}
    assert (await use(tickets, value, query=query)).profiles == good_for
