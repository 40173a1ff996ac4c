"""Tests of app.auth.credentials: who a caller is counted as, which peer is believed, and what is asked for."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.credentials import Handshake, client_address, from_trusted

PROXIES = [ip_network(each) for each in ("10.0.0.0/8", "192.0.2.7/32", "fd00::/8")]


def came(peer: str | None, forwarded: str | None = None) -> Handshake:
    """Return a handshake from this peer."""
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return Handshake("/", headers=headers, peer=peer)


ADDRESSES: list[tuple[str | None, str | None, str]] = [
    # the socket's peer, X-Forwarded-For, and whom the caller counts as
    ("203.0.113.5", None, "203.0.113.5"),
    ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # no proxy of ours, so nothing that it says counts
    ("10.0.0.1", None, "10.0.0.1"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "  198.51.100.1  ", "198.51.100.1"),
    # what the caller wrote itself stands left of what the proxy saw
    ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "10.0.0.9, 198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "1.1.1.1,2.2.2.2,3.3.3.3,198.51.100.1", "198.51.100.1"),
    # several trusted hops
    ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
    ("10.0.0.1", "1.1.1.1, 198.51.100.1, 192.0.2.7, 10.0.0.2", "198.51.100.1"),
    ("10.0.0.1", "198.51.100.1, 192.0.2.8, 10.0.0.2", "192.0.2.8"),
    ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ("fd00::1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
    # with a port, or in brackets
    ("10.0.0.1", "198.51.100.1:50123", "198.51.100.1"),
    ("10.0.0.1", "[2001:db8:1:2::3]:50123", "2001:db8:1:2::/64"),
    ("10.0.0.1", "[2001:db8:1:2::3]", "2001:db8:1:2::/64"),
    ("10.0.0.1", "198.51.100.1:1, 10.0.0.2:2", "198.51.100.1"),
    # IPv6 by /64; IPv4 within IPv6 as what it is
    ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
    ("2001:db8:1:2:ffff::", None, "2001:db8:1:2::/64"),
    ("2001:db8:1:3::", None, "2001:db8:1:3::/64"),
    ("::ffff:203.0.113.5", None, "203.0.113.5"),
    ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
    ("fe80::1%eth0", None, "fe80::/64"),
    # what cannot be read ends the search: left of it may stand what the caller wrote
    ("10.0.0.1", "unknown", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.1,", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.1, _hidden, 10.0.0.2", "10.0.0.2"),
    ("10.0.0.1", "198.51.100.999", "10.0.0.1"),
    ("10.0.0.1", "[2001:db8::1", "2001:db8::/64"),
    ("10.0.0.1", "[]:80", "10.0.0.1"),
    ("10.0.0.1", "\u0661.1.1.1", "10.0.0.1"),
    # no address: a Unix socket
    (None, "198.51.100.1", ""),
    ("", "198.51.100.1", ""),
    ("/run/relay.sock", "198.51.100.1", ""),
]


@pytest.mark.parametrize(("peer", "forwarded", "address"), ADDRESSES)
def test_whom_a_caller_counts_as(peer: str | None, forwarded: str | None, address: str) -> None:
    """The rightmost hop that is no trusted proxy, read from the socket's peer leftwards."""
    assert client_address(came(peer, forwarded), PROXIES) == address


@given(st.text())
def test_nobody_but_a_proxy_is_believed(forwarded: str) -> None:
    """Where no proxy is trusted, the peer counts, whatever the header says."""
    assert client_address(came("10.0.0.1", forwarded), ()) == "10.0.0.1"


@given(st.text(), st.sampled_from(["198.51.100.1", "198.51.100.1, 10.0.0.2", "198.51.100.1:443, 192.0.2.7"]))
def test_a_caller_cannot_choose_its_address(written: str, added: str) -> None:
    """Whatever it writes into the header, what the proxies add behind it counts."""
    assert client_address(came("10.0.0.1", f"{written}, {added}"), PROXIES) == "198.51.100.1"


TRUSTED: list[tuple[str | None, bool]] = [
    ("10.255.255.255", True),
    ("192.0.2.7", True),
    ("fd12::1", True),
    ("::ffff:10.0.0.1", True),
    ("11.0.0.0", False),
    ("192.0.2.8", False),
    ("fe00::1", False),
    ("localhost", False),
    ("", False),
    (None, False),
]


@pytest.mark.parametrize(("peer", "trusted"), TRUSTED)
def test_which_peer_is_a_trusted_proxy(peer: str | None, *, trusted: bool) -> None:
    """The socket's own peer in one of the networks, and never by what a header says."""
    assert from_trusted(came(peer, "10.0.0.1"), PROXIES) is trusted
    assert not from_trusted(came(peer, "10.0.0.1"), ())


@pytest.mark.parametrize(
    ("query", "profile"), [({}, None), ({"profile": "kiosk"}, "kiosk"), ({"profile": ""}, None)]
)
def test_the_profile_asked_for(query: dict[str, str], profile: str | None) -> None:
    """The query's `profile`; an empty one is none."""
    assert Handshake("/", query=query).profile == profile


OPTING_IN: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"subprotocols": ["relay.v1"]}, True),
    ({"subprotocols": ["realtime", "relay.v1"]}, True),
    ({"subprotocols": ["realtime", "relay.v2", "relay.v1.1"]}, False),
    ({"query": {"relay": "v1"}}, True),
    ({"query": {"relay": "v2"}}, False),
    ({"query": {"relay": "V1"}}, False),
    ({"query": {"relay": ""}}, False),
    ({"headers": {"relay": "v1"}}, False),
]


@pytest.mark.parametrize(("asked", "opted_in"), OPTING_IN)
def test_who_opts_in_to_the_relays_events(asked: dict[str, Any], *, opted_in: bool) -> None:
    """By the subprotocol `relay.v1` or the query `relay=v1`, to the letter."""
    assert Handshake("/", **asked).opted_in is opted_in


DATED = {"api-version": "2025-04-01-preview"}
MARKED = {"openai-beta": "realtime=v1"}

GENERATIONS: list[tuple[str, dict[str, str], dict[str, str], str]] = [
    # the path, the query and the headers, and what the caller is taken to speak
    ("/openai/realtime", DATED, {}, "preview"),
    ("/openai/realtime", {"api-version": "v1"}, {}, "ga"),
    ("/openai/realtime", {"api-version": ""}, {}, "ga"),
    ("/openai/realtime", {}, {}, "ga"),
    ("/openai/v1/realtime", DATED, {}, "ga"),
    ("/v1/realtime", DATED, {}, "ga"),
    ("/v1/realtime", {}, MARKED, "preview"),
    ("/openai/realtime", {"api-version": "v1"}, MARKED, "preview"),
]


@pytest.mark.parametrize(("path", "query", "headers", "generation"), GENERATIONS)
def test_what_a_caller_is_taken_to_speak(
    path: str, query: dict[str, str], headers: dict[str, str], generation: str
) -> None:
    """Preview by its marker, or on the preview's path with a dated version; else GA."""
    assert Handshake(path, headers=headers, query=query).generation == generation
