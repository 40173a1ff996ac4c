"""Tests of app.auth.static_keys: what a key's setting may say, and whose a key is."""

import calendar
import hashlib
from collections.abc import Iterator, Mapping

import pytest

from app.auth.credentials import Carrier, Credential, Identity
from app.auth.static_keys import StaticKey, by_key, hash_key, new_key, static_key
from app.errors import Ended, Ending

ALICE, BOB = "rk_alice-canary", "rk_bob-canary"
KEYS = {"alice": StaticKey(hash_key(ALICE)), "bob": StaticKey(hash_key(BOB))}
HASH = "sha256:" + "0" * 64


def unix(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    """Return a moment in UTC as unix seconds."""
    return calendar.timegm((year, month, day, hour, minute, 0))


class Watched(Mapping[str, StaticKey]):
    """The keys of all, and whose were looked at."""

    def __init__(self) -> None:
        self.looked_at: list[str] = []

    def __getitem__(self, name: str) -> StaticKey:
        self.looked_at.append(name)
        return KEYS[name]

    def __iter__(self) -> Iterator[str]:
        return iter(KEYS)

    def __len__(self) -> int:
        return len(KEYS)


def refusal(key: str, keys: dict[str, StaticKey], now: float = 0.0, carrier: Carrier = "api-key") -> Ended:
    """Return why this key is refused."""
    with pytest.raises(Ended) as ended:
        by_key(Credential(key, carrier), keys, now)
    return ended.value


def test_a_new_key_is_random_and_recognizable() -> None:
    """It begins with `rk_`, holds 256 bits, needs no escaping in a header or subprotocol, and comes once."""
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert key.startswith("rk_")
        assert len(key) == len("rk_") + 43
        assert key.replace("-", "").replace("_", "").isalnum()


def test_a_hash_is_the_sha256_of_the_key() -> None:
    """In hexadecimal, under its name, and good for the configuration."""
    assert hash_key("é") == "sha256:" + hashlib.sha256("é".encode()).hexdigest()
    assert static_key(hash_key("é")) == StaticKey(hash_key("é"))


SETTINGS = [
    (HASH, StaticKey(HASH)),
    (HASH + "\n", StaticKey(HASH)),  # files that hold secrets end in one
    (f"  {HASH}\r\n", StaticKey(HASH)),
    (f"{HASH};expires=2027-01-31", StaticKey(HASH, unix(2027, 1, 31))),
    (f"{HASH};expires=2027-01-31\n", StaticKey(HASH, unix(2027, 1, 31))),
    (f"{HASH};expires=2027-01-31T12:30:00", StaticKey(HASH, unix(2027, 1, 31, 12, 30))),
    (f"{HASH};expires=2027-01-31T12:30:00Z", StaticKey(HASH, unix(2027, 1, 31, 12, 30))),
    (f"{HASH};expires=2027-01-31T12:30:00+02:00", StaticKey(HASH, unix(2027, 1, 31, 10, 30))),
    (f"{HASH};expires=1999-12-31", StaticKey(HASH, unix(1999, 12, 31))),
    (f"{HASH};profiles=kiosk", StaticKey(HASH, None, ("kiosk",))),
    (f"{HASH};profiles=kiosk,open", StaticKey(HASH, None, ("kiosk", "open"))),
    (f"{HASH}; profiles=kiosk, open ; expires=2027-01-31", StaticKey(HASH, unix(2027, 1, 31), ("kiosk", "open"))),
]


@pytest.mark.parametrize(("text", "key"), SETTINGS)
def test_what_a_setting_says(text: str, key: StaticKey) -> None:
    """The hash, an end (a date begins at midnight UTC; a time without zone is UTC) and profiles, in any order."""
    assert static_key(text) == key


BAD_HASHES = [
    "canary",
    "rk_canary",
    "sha256:canary",
    "sha256:" + "0" * 63,
    "sha256:" + "0" * 65,
    "sha256:" + "A" * 64,
    "sha256: " + "0" * 64,
    HASH + "\n" + HASH,
    "SHA256:" + "0" * 64,
    "0" * 64,
    "",
    ";expires=2027-01-31",
    f"expires=2027-01-31;{HASH}",
    f"{HASH},expires=2027-01-31",
]


@pytest.mark.parametrize("text", BAD_HASHES)
def test_what_is_no_hash_is_refused(text: str) -> None:
    """With a sentence that says what is wanted, and without the value: it may be the key itself."""
    with pytest.raises(ValueError, match="is not of the form") as bad:
        static_key(text)
    sentence = "is not of the form sha256:<64 hex digits>; `realtime-relay key new` prints one"
    assert str(bad.value) == sentence


BAD_OPTIONS = ["", "canary", "expires", "expires=", "profiles=", "profile=canary", "Expires=2027-01-31", "=canary"]


@pytest.mark.parametrize("option", BAD_OPTIONS)
def test_what_is_no_option_is_refused(option: str) -> None:
    """A misspelt one too: a key that never ends must not come of it."""
    with pytest.raises(ValueError, match="has an option") as bad:
        static_key(f"{HASH};{option}")
    assert str(bad.value) == "has an option that is neither expires=<date> nor profiles=<names>"


BAD_DATES = [
    "canary",
    "tomorrow",
    "31.01.2027",
    "2027-02-30",
    "2027-13-01",
    "1767225600.5",
    "never",
    "2027-01-31T25:00",
]


@pytest.mark.parametrize("date", BAD_DATES)
def test_what_is_no_date_is_refused(date: str) -> None:
    """With an example of one, and without the value."""
    with pytest.raises(ValueError, match="has an expires=") as bad:
        static_key(f"{HASH};expires={date}")
    assert str(bad.value) == "has an expires= that is no ISO date, such as 2027-01-31"
    assert bad.value.__cause__ is None
    assert bad.value.__suppress_context__


@pytest.mark.parametrize(("key", "name"), [(ALICE, "alice"), (BOB, "bob")])
def test_a_key_says_whose_it_is(key: str, name: str) -> None:
    """Each of two users is known by its own, wherever it stands among the others."""
    assert by_key(Credential(key, "api-key"), KEYS, 0.0) == Identity(name, "key")


@pytest.mark.parametrize(
    "key", ["", ALICE[:-1], ALICE + "x", ALICE + "\n", ALICE.upper(), hash_key(ALICE), "é", "\ud800"]
)
def test_an_unknown_key_is_nobodys(key: str) -> None:
    """Nor is a key's hash a key. The refusal repeats neither key nor user; the log learns the carrier."""
    ended = refusal(key, KEYS, carrier="subprotocol")
    assert ended.ending is Ending.UNAUTHENTICATED
    assert ended.message == "This key is not known here. Ask the relay's operator for one."
    assert (ended.code, ended.detail) == ("invalid_api_key", "an unknown key by subprotocol")


@pytest.mark.parametrize("key", [ALICE, BOB])
def test_all_keys_are_looked_at(key: str) -> None:
    """Also behind the one that fits: how long it takes tells nobody where a key stands, or that there is one."""
    watched = Watched()
    by_key(Credential(key, "api-key"), watched, 0.0)
    assert watched.looked_at[: len(KEYS)] == list(KEYS)


def test_without_keys_none_is_known() -> None:
    """Not even the empty one."""
    assert refusal("", {}).ending is Ending.UNAUTHENTICATED


def test_a_key_with_an_end_is_good_until_then() -> None:
    """Its end and its profiles are its user's; at the end itself it is over, and the refusal says so."""
    keys = {"alice": StaticKey(hash_key(ALICE), 100.0, ("kiosk",))}
    assert by_key(Credential(ALICE, "api-key"), keys, 99.9) == Identity("alice", "key", 100.0, ("kiosk",))
    for now in (100.0, 1e9):
        ended = refusal(ALICE, keys, now)
        assert (ended.ending, ended.code) == (Ending.UNAUTHENTICATED, "key_expired")
        assert ended.message == "This key has expired. Ask the relay's operator for a new one."


def test_an_expired_key_stops_nobody_else() -> None:
    """Another user's key is looked for all the same."""
    keys = {"alice": StaticKey(hash_key(ALICE), 100.0), "bob": StaticKey(hash_key(BOB))}
    assert by_key(Credential(BOB, "event"), keys, 200.0).name == "bob"
