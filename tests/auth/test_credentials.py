"""Tests of app.auth.credentials: where a credential is looked for, and which Origin may connect."""

from typing import Any

import pytest

from app.auth.credentials import (
    Carrier,
    Credential,
    Handshake,
    find,
    is_loopback_host,
    normal_origin,
    origin_allowed,
)

KEY = "openai-insecure-api-key."

CARRIERS: list[tuple[Carrier, dict[str, Any]]] = [
    # each with the secret that names it, in the order in which they count
    ("authorization", {"headers": {"authorization": "Bearer authorization"}}),
    ("api-key", {"headers": {"api-key": "api-key"}}),
    ("subprotocol", {"subprotocols": ["realtime", KEY + "subprotocol"]}),
    ("query", {"query": {"api-key": "query"}}),
]


def carrying(*carriers: dict[str, Any]) -> Handshake:
    """Return a handshake with several carriers at once."""
    headers: dict[str, str] = {}
    for each in carriers:
        headers |= each.get("headers", {})
    rest = {key: value for each in carriers for key, value in each.items() if key != "headers"}
    return Handshake("/v1/realtime", headers=headers, **rest)


@pytest.mark.parametrize("first", range(len(CARRIERS)))
def test_carriers_count_in_order(first: int) -> None:
    """The first that is there is taken, whatever comes behind it."""
    carrier, _ = CARRIERS[first]
    handshake = carrying(*(given for _, given in CARRIERS[first:]))
    assert Credential(carrier, carrier) == find(handshake, query_allowed=True)


FOUND = [
    # the handshake, and what is found with the query allowed
    (Handshake("/"), None),
    (Handshake("/", headers={"authorization": "bearer k"}), Credential("k", "authorization")),
    (Handshake("/", headers={"authorization": "BEARER  k "}), Credential("k", "authorization")),
    (Handshake("/", headers={"authorization": "Basic k"}), None),
    (Handshake("/", headers={"authorization": "k"}), None),
    (Handshake("/", headers={"authorization": "Bearer"}), None),
    (Handshake("/", headers={"authorization": "Bearer "}), None),
    (Handshake("/", headers={"authorization": "Bearer null"}), None),
    (Handshake("/", headers={"authorization": "Bearer undefined", "api-key": "k"}), Credential("k", "api-key")),
    (Handshake("/", headers={"authorization": "Bearer Null"}), Credential("Null", "authorization")),
    (Handshake("/", headers={"api-key": "null"}), None),
    (Handshake("/", headers={"api-key": "", "x-api-key": "k"}), None),
    (Handshake("/", subprotocols=["realtime"]), None),
    (Handshake("/", subprotocols=[KEY]), None),
    (Handshake("/", subprotocols=[KEY + "undefined"]), None),
    (Handshake("/", subprotocols=[KEY + "a.b-c", "realtime", KEY + "d"]), Credential("a.b-c", "subprotocol")),
    (Handshake("/", subprotocols=["openai-organization.org"], query={"api-key": "k"}), Credential("k", "query")),
    (Handshake("/", query={"Authorization": "Bearer k"}), Credential("k", "query")),
    (Handshake("/", query={"api-key": "null", "Authorization": "Bearer k"}), Credential("k", "query")),
    (Handshake("/", query={"api-key": "a", "Authorization": "Bearer b"}), Credential("a", "query")),
    (Handshake("/", query={"api-key": "undefined", "Authorization": "Bearer null"}), None),
    (Handshake("/", query={"Authorization": "Bearer "}), None),
    (Handshake("/", query={"key": "k", "token": "k"}), None),
]


@pytest.mark.parametrize(("handshake", "credential"), FOUND)
def test_what_is_found(handshake: Handshake, credential: Credential | None) -> None:
    """`null`, `undefined` and nothing are no credentials; the scheme is `Bearer` in any case of letters."""
    assert credential == find(handshake, query_allowed=True)


@pytest.mark.parametrize(("handshake", "credential"), FOUND)
def test_the_query_counts_only_where_it_is_allowed(handshake: Handshake, credential: Credential | None) -> None:
    """Where it is not, the other carriers count as before, and the query is not looked at."""
    expected = None if credential and credential.carrier == "query" else credential
    assert expected == find(handshake, query_allowed=False)


def test_a_credential_does_not_show_its_secret() -> None:
    """Its `repr`, which may end up in a log, has only the carrier."""
    assert repr(Credential("canary", "api-key")) == "Credential(carrier='api-key')"


OWN = [
    # the Origin, the Host header, and whether that is the relay's own
    (None, "relay.example", True),
    (None, "", True),
    ("https://relay.example", "relay.example", True),
    ("http://relay.example", "relay.example", True),
    ("https://RELAY.example", "relay.EXAMPLE", True),
    ("https://relay.example:443", "relay.example", True),
    ("https://relay.example", "relay.example:443", True),
    ("http://relay.example:80", "relay.example", True),
    ("http://localhost:8000", "localhost:8000", True),
    ("http://[::1]:8000", "[::1]:8000", True),
    ("http://[::1]", "[::1]", True),
    ("http://[0:0:0:0:0:0:0:1]", "[::2]", False),
    ("http://[::1]:8000", "[::1]:8001", False),
    ("http://localhost:8000", "localhost:8001", False),
    ("http://localhost:8000", "localhost", False),
    ("http://relay.example", "relay.example:443", False),
    ("https://relay.example", "relay.example:80", False),
    ("https://evil.example", "relay.example", False),
    ("https://relay.example.evil.example", "relay.example", False),
    ("https://evil-relay.example", "relay.example", False),
    ("https://relay.example@evil.example", "relay.example", False),
    ("ws://relay.example", "relay.example", False),
    ("file://relay.example", "relay.example", False),
    ("chrome-extension://relay.example", "relay.example", False),
    ("null", "null", False),
    ("null", "relay.example", False),
    ("", "relay.example", False),
    ("relay.example", "relay.example", False),
    ("https://", "", False),
    ("https://:443", "", False),
    ("https://relay.example", "", False),
    ("https://[::1", "[::1", False),
    ("https://relay.example:port", "relay.example:port", False),
    ("https://relay.example:99999", "relay.example:99999", False),
    ("https://relay.example", "relay.example:99999", False),
    ("https://a.example, https://relay.example", "relay.example", False),
]


@pytest.mark.parametrize(("origin", "host", "allowed"), OWN)
def test_the_relays_own_origin(origin: str | None, host: str, *, allowed: bool) -> None:
    """Host and port must be those of the Host header, over http or https; a missing Origin may connect."""
    headers = {"host": host} if origin is None else {"host": host, "origin": origin}
    assert origin_allowed(Handshake("/", headers=headers), ()) is allowed


LISTED = ["https://app.example", "http://localhost:3000", "https://[2001:db8::1]:8443"]

OTHERS = [
    (None, True),
    ("https://app.example", True),
    ("https://app.example:443", True),
    ("https://APP.example", True),
    ("http://localhost:3000", True),
    ("https://[2001:db8::1]:8443", True),
    ("http://app.example", False),
    ("https://app.example:8443", False),
    ("https://www.app.example", False),
    ("http://localhost", False),
    ("https://[2001:db8::1]", False),
    ("https://relay.example", False),
    ("null", False),
    ("https://[", False),
]


@pytest.mark.parametrize(("origin", "allowed"), OTHERS)
def test_listed_origins(origin: str | None, *, allowed: bool) -> None:
    """Where origins are named, those and no others may connect: not even the relay's own."""
    headers = {"host": "relay.example"} if origin is None else {"host": "relay.example", "origin": origin}
    assert origin_allowed(Handshake("/", headers=headers), LISTED) is allowed


@pytest.mark.parametrize("origin", ["null", "*", "https://a.example", "ws://a.example"])
@pytest.mark.parametrize("listed", ["null", "*", "ws://a.example", ""])
def test_a_listed_origin_that_is_none_opens_nothing(origin: str, listed: str) -> None:
    """No entry stands for everybody, and two that are no origins are not equal."""
    assert not origin_allowed(Handshake("/", headers={"origin": origin}), [listed])


LOOPBACK = ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000"]
ELSEWHERE = [
    "",
    "relay.example",
    "localhost.evil.example",
    "localhost.evil.example:8000",
    "evil.example:localhost",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "0.0.0.0",
    "[::2]:8000",
    "::1",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_hosts_of_this_machine(host: str) -> None:
    """`localhost`, `127.0.0.1` and `[::1]`, with a port or without."""
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_hosts_elsewhere(host: str) -> None:
    """Any other name, for a name may be rebound to this machine."""
    assert not is_loopback_host(host)


MODELS: list[tuple[dict[str, str], str | None]] = [
    ({}, None),
    ({"model": "m"}, "m"),
    ({"deployment": "d"}, "d"),
    ({"deployment": "d", "model": "m"}, "m"),
    ({"model": "undefined", "deployment": "d"}, "d"),
    ({"model": "", "deployment": "null"}, None),
]


@pytest.mark.parametrize(("query", "name"), MODELS)
def test_the_model_asked_for(query: dict[str, str], name: str | None) -> None:
    """`model` before `deployment`; what JavaScript makes of a missing value is none."""
    assert name == Handshake("/", query=query).asked_model


@pytest.mark.parametrize(("intent", "wanted"), [("transcription", True), ("Transcription", False), ("", False)])
def test_a_transcription_session_is_asked_for_by_intent(intent: str, *, wanted: bool) -> None:
    """The query's `intent`, in the service's own spelling."""
    assert Handshake("/", query={"intent": intent}).transcription is wanted
    assert not Handshake("/").transcription


PREVIEW: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"headers": {"openai-beta": "realtime=v1"}}, True),
    ({"headers": {"openai-beta": "assistants=v2, realtime=v1"}}, True),
    ({"headers": {"openai-beta": "assistants=v2"}}, False),
    ({"subprotocols": ["realtime", "openai-beta.realtime-v1"]}, True),
    ({"subprotocols": ["realtime"]}, False),
]


@pytest.mark.parametrize(("given", "preview"), PREVIEW)
def test_who_speaks_preview_says_so(given: dict[str, Any], *, preview: bool) -> None:
    """By the value of the header, or by the subprotocol."""
    assert Handshake("/", **given).speaks_preview is preview


def test_a_handshake_without_headers() -> None:
    """No Origin is None, no Host is empty."""
    assert (Handshake("/").origin, Handshake("/").host) == (None, "")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://app.example", "https://app.example"),
        ("HTTPS://App.Example:443/", "https://app.example"),
        ("http://app.example:80", "http://app.example"),
        ("http://app.example:8080", "http://app.example:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(written: str, normal: str) -> None:
    """However an operator wrote it."""
    assert normal_origin(written) == normal


@pytest.mark.parametrize(
    "written", ["", "null", "app.example", "wss://app.example", "https://", "https://a/b", "a:b"]
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    """An address without scheme, above all."""
    with pytest.raises(ValueError, match="is no origin"):
        normal_origin(written)
