"""Tests of app.profiles.access: which profiles an identity may use, and which one it gets."""

import pytest

from app.auth.credentials import Identity
from app.errors import Ended, Ending
from app.profiles.access import Access, allowed, choose

ALICE = Identity("alice", "key")
BOB = Identity("bob", "key")
TALKER = Identity("https://id.example#ada", "oidc", roles=("Relay.Talk", "openid"))
GUEST = Identity("https://id.example#eve", "oidc", roles=("openid",))
INGRESS = Identity("aad#dave", "easyauth")
DEV = Identity("dev", "dev")


def ticket(of: Identity, *profiles: str) -> Identity:
    """Return what a ticket of this user is known as."""
    return Identity(of.name, of.method, profiles=profiles, ticket="hash")


ADMITTED: list[tuple[Access, list[Identity]]] = [
    (Access(), [ALICE, BOB, TALKER, GUEST, INGRESS, DEV]),
    (Access(names=("alice",)), [ALICE, BOB, TALKER, GUEST, INGRESS, DEV]),
    (Access(keys=("alice",)), [ALICE, DEV]),
    (Access(keys=("alice", "bob")), [ALICE, BOB, DEV]),
    (Access(roles=("Relay.Talk",)), [TALKER, DEV]),
    (Access(roles=("Relay.Admin", "openid")), [TALKER, GUEST, DEV]),
    (Access(roles=("relay.talk",)), [DEV]),
    (Access(keys=("alice",), roles=("Relay.Talk",)), [ALICE, TALKER, DEV]),
    (Access(keys=()), [DEV]),
    (Access(roles=()), [DEV]),
    (Access(keys=("https://id.example#ada", "aad#dave", "dev")), [DEV]),
    (Access(keys=(), roles=("alice",)), [DEV]),
]


@pytest.mark.parametrize(("access", "admitted"), ADMITTED)
def test_whom_a_profile_admits(access: Access, admitted: list[Identity]) -> None:
    """Keys by their names, tokens by a role or scope, everybody where nothing is said; the developer always."""
    users = [ALICE, BOB, TALKER, GUEST, INGRESS, DEV]
    assert [each for each in users if access.admits(each)] == admitted


def test_a_keys_name_in_either_case() -> None:
    """The environment's names have none."""
    assert Access(keys=("alice",)).admits(Identity("Alice", "key"))


PROFILES = {
    "kiosk": Access(names=("gpt-realtime", "kiosk-model")),
    "desk": Access(names=("gpt-realtime", "desk-model"), keys=("alice",), roles=("Relay.Talk",)),
    "lab": Access(names=("gpt-realtime", "lab-model"), keys=()),
}

ALLOWED: list[tuple[Identity, tuple[str, ...]]] = [
    (ALICE, ("kiosk", "desk")),
    (BOB, ("kiosk",)),
    (TALKER, ("kiosk", "desk")),
    (DEV, ("kiosk", "desk", "lab")),
    (Identity("alice", "key", profiles=("lab", "desk", "gone")), ("desk",)),
    (Identity("bob", "key", profiles=("desk",)), ()),
    (Identity("bob", "key", profiles=()), ()),
    (Identity("dev", "dev", profiles=("lab",)), ("lab",)),
    (ticket(BOB, "lab", "gone"), ("lab",)),
    (ticket(TALKER, "desk", "kiosk"), ("kiosk", "desk")),
    (ticket(DEV), ()),
    (Identity("bob", "key", ticket="hash"), ("kiosk",)),
    (Identity("https://id.example#ada", "oidc", ticket="hash"), ("kiosk",)),
]


@pytest.mark.parametrize(("identity", "names"), ALLOWED)
def test_what_an_identity_may_use(identity: Identity, names: tuple[str, ...]) -> None:
    """What its credential is bound to and what the profile says both count; of a ticket, what it carries.

    A ticket that carries nothing is held to what is known of its user.
    """
    assert allowed(PROFILES, identity) == names


CHOSEN: list[tuple[Identity, str | None, str | None, str]] = [
    # who, the profile and the model asked for, and the profile given
    (ALICE, None, None, "desk"),
    (ALICE, "kiosk", None, "kiosk"),
    (ALICE, "kiosk", "desk-model", "kiosk"),
    (ALICE, None, "desk-model", "desk"),
    (ALICE, None, "kiosk-model", "kiosk"),
    (ALICE, None, "gpt-realtime", "kiosk"),
    (ALICE, None, "another", "desk"),
    (ALICE, None, "kiosk", "desk"),
    (BOB, None, None, "kiosk"),
    (Identity("alice", "key", profiles=("desk", "kiosk")), None, "gpt-realtime", "kiosk"),
    (Identity("alice", "key", profiles=("desk",)), None, "gpt-realtime", "desk"),
    (Identity("alice", "key", profiles=("kiosk",)), None, None, "kiosk"),
    (DEV, None, "lab-model", "lab"),
    (DEV, None, None, "desk"),
    (ticket(BOB, "lab"), None, None, "lab"),
    (ticket(BOB, "lab"), "lab", None, "lab"),
    (ticket(BOB, "lab"), None, "desk-model", "lab"),
    (ticket(BOB, "lab", "kiosk"), None, "gpt-realtime", "kiosk"),
    (ticket(BOB, "lab", "kiosk"), None, None, "kiosk"),
    (ticket(BOB, "lab", "kiosk"), None, "lab-model", "lab"),
]


@pytest.mark.parametrize(("identity", "profile", "model", "name"), CHOSEN)
def test_which_profile_a_session_gets(
    identity: Identity, profile: str | None, model: str | None, name: str
) -> None:
    """What was asked for by name, else by the model's name, else the default, else the first that may be used."""
    assert choose(PROFILES, "desk", identity, profile, model) == name


REFUSED: list[tuple[Identity, str | None, str | None, str]] = [
    (ALICE, "lab", None, "kiosk, desk"),
    (ALICE, "none", None, "kiosk, desk"),
    (ALICE, None, "lab-model", "kiosk, desk"),
    (BOB, "desk", "kiosk-model", "kiosk"),
    (BOB, None, "desk-model", "kiosk"),
    (Identity("bob", "key", profiles=("desk",)), None, None, "none"),
    (Identity("bob", "key", profiles=("desk",)), None, "gpt-realtime", "none"),
    (ticket(BOB, "lab"), "kiosk", None, "lab"),
    (ticket(BOB, "gone"), None, None, "none"),
]


@pytest.mark.parametrize(("identity", "profile", "model", "usable"), REFUSED)
def test_a_profile_that_may_not_be_used(
    identity: Identity, profile: str | None, model: str | None, usable: str
) -> None:
    """Is refused with those that may; whether it exists is not told."""
    with pytest.raises(Ended) as caught:
        choose(PROFILES, "desk", identity, profile, model)
    assert (caught.value.ending, caught.value.code) == (Ending.FORBIDDEN, "profile_not_allowed")
    assert caught.value.message == f"You may not use this profile. You may use: {usable}."
