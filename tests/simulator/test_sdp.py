"""Tests of app.simulator.sdp: an offer is held to what a call needs, and its answer agrees with it."""

import re

import pytest

from app.simulator.sdp import BadOffer, answer_to
from tests.conversations.calling import OFFER


def lines(text: str, start: str) -> list[str]:
    """Return what follows `start` in the lines that begin so."""
    return [line.removeprefix(start) for line in text.split("\r\n") if line.startswith(start)]


def test_an_answer_agrees_with_its_offer() -> None:
    """The same sections in the same order, bundled; the answerer is active, and has keys of its own."""
    answer = answer_to(OFFER)
    assert answer.startswith("v=0\r\no=- ")
    assert answer.endswith("\r\n")
    assert lines(answer, "m=") == [
        "audio 9 UDP/TLS/RTP/SAVPF 111",
        "application 9 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert (lines(answer, "a=mid:"), lines(answer, "a=group:")) == (["0", "1"], ["BUNDLE 0 1"])
    assert lines(answer, "a=setup:") == ["active", "active"]
    assert lines(answer, "a=rtpmap:") == ["111 opus/48000/2"]
    for own in ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"):
        assert len(set(lines(answer, own))) == 1
        assert set(lines(answer, own)).isdisjoint(lines(OFFER, own))
    assert answer_to(OFFER) != answer


def test_what_stands_in_the_session_holds_for_each_section() -> None:
    """As RFC 8839 and 8122 let it; line ends may be bare."""
    transport = [line for line in OFFER.split("\r\n") if re.match("a=(ice-|fingerprint|setup)", line)]
    bare = "\n".join(line for line in OFFER.split("\r\n") if line not in transport)
    once = bare.replace("t=0 0\n", "t=0 0\n" + "\n".join(dict.fromkeys(transport)) + "\n")
    assert lines(answer_to(once), "a=mid:") == ["0", "1"]


def test_other_media_are_refused() -> None:
    """By a port of none, at their place."""
    sections = OFFER.split("m=application")
    audio = "m=audio" + sections[0].partition("m=audio")[2]
    video = audio.replace("m=audio", "m=video").replace("a=mid:0", "a=mid:v")
    offer = f"{sections[0]}{video}m=application{sections[1]}".replace("BUNDLE 0 1", "BUNDLE 0 v 1")
    answer = answer_to(offer)
    assert [each.split()[:2] for each in lines(answer, "m=")] == [
        ["audio", "9"],
        ["video", "0"],
        ["application", "9"],
    ]
    assert lines(answer, "a=group:") == ["BUNDLE 0 1"]


BROKEN = [
    ("v=0\r\n", "v=1\r\n", "v=0"),
    ("t=0 0\r\n", "", "v=0, and has"),
    ("m=audio", "m=video", "no m=audio"),
    ("UDP/DTLS/SCTP", "DTLS/SCTP", "no m=application"),
    ("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8", "m=audio 9", "an m= line"),
    ("m=audio 9", "m=audio x", "an m= line"),
    ("a=ice-ufrag:Qx2u\r\n", "", "no a=ice-ufrag"),
    ("a=ice-pwd:V2pnJ5SrKJX2C5YcJ8hH7Qm1", "a=ice-pwd:short", "a=ice-pwd of the section audio is none"),
    ("a=fingerprint:sha-256 5E", "a=fingerprint:sha-1 5E", "a=fingerprint"),
    ("a=fingerprint:sha-256 5E:", "a=fingerprint:sha-256 ", "a=fingerprint"),
    ("a=setup:actpass", "a=setup:active", "a=setup:actpass"),
    ("a=sctp-port:5000\r\n", "", "no a=sctp-port"),
    ("a=rtcp-mux\r\n", "", "no a=rtcp-mux"),
    ("a=mid:1", "a=mid:0", "BUNDLE"),
    ("a=mid:1\r\n", "", "no a=mid"),
    ("a=group:BUNDLE 0 1\r\n", "", "BUNDLE"),
    ("a=group:BUNDLE 0 1", "a=group:LS 0 1", "BUNDLE"),
    ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "BUNDLE"),
    ("opus/48000/2", "opus/16000/1", "no opus"),
    ("SAVPF 111", "SAVPF 9", "no opus"),
]


@pytest.mark.parametrize(("given", "instead", "reason"), BROKEN)
def test_a_broken_offer_is_refused(given: str, instead: str, reason: str) -> None:
    """It says what is missing."""
    assert given in OFFER
    with pytest.raises(BadOffer, match=re.escape(reason)):
        answer_to(OFFER.replace(given, instead))
