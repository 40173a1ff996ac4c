"""Offers and answers of WebRTC: an offer is held to what the service needs, and answered in its own terms.

The answer is whole, and a browser takes it; but nobody is behind it, and no media flow. RFC 8829 says what stands
in either, RFC 8842 and 9143 what they must agree in.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["BadOffer", "answer_to"]

UFRAG, PWD = re.compile(r"[A-Za-z0-9+/]{4,256}"), re.compile(r"[A-Za-z0-9+/]{22,256}")
FINGERPRINT = re.compile(r"sha-256 [0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}")
OPUS = re.compile(r"(\d{1,3}) opus/48000/2", re.IGNORECASE)
AUDIO, CHANNEL = "UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP"
REJECTED = 0


class BadOffer(ValueError):
    """The offer is not one that a call can be made of; says why."""


@dataclass(frozen=True, slots=True)
class Media:
    """One section: its first line in words, and its attributes, over those of the session."""

    kind: str
    protocol: str
    formats: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """Return the value of an attribute that must be there. Raises `BadOffer`."""
        if name not in self.attributes:
            raise BadOffer(f"the section {self.kind} has no a={name}")
        return self.attributes[name][-1]


def answer_to(offer: str) -> str:
    """Return the answer to an offer. Raises `BadOffer`."""
    session, sections = _read(offer)
    for kind, protocol in (("audio", AUDIO), ("application", CHANNEL)):
        if (kind, protocol) not in [(each.kind, each.protocol) for each in sections]:
            raise BadOffer(f"there is no m={kind} over {protocol}")
    for each in sections:
        _check_transport(each)
    mids = [each.one("mid") for each in sections]
    bundled = next((group.split()[1:] for group in session.get("group", ()) if group.startswith("BUNDLE")), [])
    if sorted(bundled) != sorted(mids) or len(set(mids)) != len(mids):
        raise BadOffer("a=group:BUNDLE does not name each section once")
    return "".join(f"{line}\r\n" for line in _answer(sections))


def _read(offer: str) -> tuple[Mapping[str, tuple[str, ...]], list[Media]]:
    head, *rest = re.split(r"(?m)^(?=m=)", offer.replace("\r\n", "\n"))
    lines = head.splitlines()
    if lines[:1] != ["v=0"] or not {"o", "s", "t"} <= {line[:1] for line in lines}:
        raise BadOffer("a description begins with v=0, and has o=, s= and t=")
    session = _attributes(lines)
    return session, [_media(section.splitlines(), session) for section in rest]


def _media(lines: list[str], session: Mapping[str, tuple[str, ...]]) -> Media:
    words = lines[0].removeprefix("m=").split()
    if len(words) < 4 or not words[1].isdigit():  # noqa: PLR2004 - kind, port, protocol, and a format
        raise BadOffer("an m= line has a kind, a port, a protocol, and formats")
    return Media(words[0], words[2], tuple(words[3:]), {**session, **_attributes(lines)})


def _attributes(lines: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line.removeprefix("a=").partition(":")
            found[name] = (*found.get(name, ()), value)
    return found


def _check_transport(media: Media) -> None:
    """Hold a section to what ICE and DTLS need of it."""
    for name, form in (("ice-ufrag", UFRAG), ("ice-pwd", PWD), ("fingerprint", FINGERPRINT)):
        if not form.fullmatch(media.one(name)):
            raise BadOffer(f"a={name} of the section {media.kind} is none")
    if media.one("setup") != "actpass":
        raise BadOffer("an offer has a=setup:actpass")
    if media.kind == "application":
        media.one("sctp-port")
    elif "rtcp-mux" not in media.attributes:
        raise BadOffer(f"the section {media.kind} has no a=rtcp-mux")


def _answer(sections: list[Media]) -> Iterator[str]:
    taken = [each for each in sections if _is_taken(each)]
    ufrag, pwd = secrets.token_hex(4), secrets.token_hex(16)
    yield from ("v=0", f"o=- {secrets.randbits(62)} 2 IN IP4 127.0.0.1", "s=-", "t=0 0")
    yield f"a=group:BUNDLE {' '.join(each.one('mid') for each in taken)}"
    transport = (f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}", f"a=fingerprint:{_fingerprint()}", "a=setup:active")
    for each in sections:
        yield from _section(each, transport) if each in taken else _refused(each)


def _is_taken(media: Media) -> bool:
    return media.kind in {"audio", "application"}


def _section(media: Media, transport: tuple[str, ...]) -> Iterator[str]:
    formats = _opus(media) if media.kind == "audio" else media.formats[0]
    yield f"m={media.kind} 9 {media.protocol} {formats}"
    yield "c=IN IP4 0.0.0.0"
    yield f"a=mid:{media.one('mid')}"
    yield from transport
    if media.kind == "audio":
        yield from ("a=sendrecv", "a=rtcp-mux", f"a=rtpmap:{formats} opus/48000/2", "a=msid:realtime realtimeai")
    else:
        yield from ("a=sctp-port:5000", "a=max-message-size:262144")


def _refused(media: Media) -> Iterator[str]:
    """Refuse a section, as one does: by a port of none (RFC 3264, section 6)."""
    yield f"m={media.kind} {REJECTED} {media.protocol} {' '.join(media.formats)}"
    yield from ("c=IN IP4 0.0.0.0", f"a=mid:{media.one('mid')}", "a=inactive")


def _opus(media: Media) -> str:
    found = [match[1] for each in media.attributes.get("rtpmap", ()) if (match := OPUS.match(each))]
    if not found or found[0] not in media.formats:
        raise BadOffer("the section audio offers no opus/48000/2")
    return found[0]


def _fingerprint() -> str:
    return f"sha-256 {':'.join(f'{byte:02X}' for byte in secrets.token_bytes(32))}"
