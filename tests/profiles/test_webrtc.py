"""Tests of app.profiles.webrtc: a profile that lays something down has WebRTC only where its author says so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.profiles.loading import load

Write = Callable[[str], Path]
Errors = Callable[..., list[str]]

JUDGE = "[ { url = 'https://j.example' } ]"

HELD: list[tuple[str, str, str, str]] = [
    # the base, the mode, what stands in the profile, and what is told of it
    ("open", "relayed", "session.instructions = { fixed = 'canary' }", "session"),
    ("open", "direct", "session.voice = { within = ['alloy'] }", "session"),
    ("open", "direct", "session.instructions = { default = 'canary' }", "session"),
    ("open", "direct", "session.speed = 'server'", "session"),
    ("open", "relayed", "session.other = 'server'", "session"),
    ("open", "relayed", "response.input = 'server'", "response"),
    ("open", "relayed", "items.roles = ['user']", "items"),
    ("open", "relayed", "gate.client = ['response.create']", "gate"),
    ("open", "relayed", "gate.server = ['session.created']", "gate"),
    ("open", "relayed", "limits.audio_seconds = 60", "limits"),
    ("open", "direct", "limits.responses = 5", "limits"),
    ("open", "direct", "limits.tokens = 500", "limits"),
    ("open", "relayed", "tools.x = { url = 'https://j.example', description = 'D' }", "tools"),
    ("open", "direct", "mcp.x = { url = 'https://j.example' }", "tools"),
    ("open", "relayed", f"guardrails.user_text = {JUDGE}", "guardrails"),
    ("locked", "direct", "", "session, response, items, gate"),
]


def text_of(base: str, mode: str, more: str) -> str:
    """Write a profile."""
    return f"[profiles.a]\nbase = '{base}'\nhosts = ['j.example']\nwebrtc = '{mode}'\n{more}\n"


@pytest.mark.parametrize(("base", "mode", "more", "told"), HELD)
def test_rules_that_nothing_enforces_are_refused(
    errors: Errors, base: str, mode: str, more: str, told: str
) -> None:
    """At the line that allows WebRTC, with the sections that would not hold, and how to have it all the same."""
    reason = f"where these are not enforced: {told}; say unenforced = true to have it all the same"
    words = f"4: profiles.a.webrtc: lets the browser speak with the service itself, {reason}"
    assert errors(text_of(base, mode, more)) == [words]


@pytest.mark.parametrize(("base", "mode", "more", "told"), HELD)
def test_its_author_may_say_that_they_go_unenforced(
    write: Write, base: str, mode: str, more: str, told: str
) -> None:
    """Then the profile is as it is; and without WebRTC nothing has to be said."""
    for text in (text_of(base, mode, f"unenforced = true\n{more}"), text_of(base, "off", more)):
        assert told
        assert load(write(text)).profiles["a"].profile.webrtc in {mode, "off"}


FREE = [
    ("direct", ""),
    ("relayed", ""),
    ("direct", "session.voice = { default = 'alloy' }"),
    ("relayed", "session.instructions = { default = 'Be kind.', hidden = false }"),
    ("relayed", "limits = { responses = 5, tokens = 500 }"),
    ("direct", "limits.events_per_second = 5"),
]


@pytest.mark.parametrize(("mode", "more"), FREE)
def test_what_a_client_may_set_anyway_needs_no_word(write: Write, mode: str, more: str) -> None:
    """Nothing is lost; and the totals of a relayed call hold, for the relay hears of them."""
    assert load(write(text_of("open", mode, more))).profiles["a"].profile.webrtc == mode


def test_it_is_off_unless_a_profile_says_otherwise(write: Write, errors: Errors) -> None:
    """Built in or not; and there are three modes."""
    assert {each.profile.webrtc for each in load(None).profiles.values()} == {"off"}
    assert load(write("[profiles.a]")).profiles["a"].profile.webrtc == "off"
    assert errors("[profiles.a]\nwebrtc = 'canary'") == [
        "2: profiles.a.webrtc: Input should be 'off', 'direct' or 'relayed'"
    ]
