"""Tests of app.protocol.dialect.values: each form in one generation, and what it is in the other."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.dialect.passage import OMIT, Fallbacks, Passage
from app.protocol.dialect.shape import Conversion
from app.protocol.dialect.values import AUDIO_FORMAT, INCLUDE, MODALITIES, TOOL_CHOICE, TOOLS, VOICE

ASKED = Passage(asked=True, path="session.x")
TOLD = Passage(asked=False, path="session.x")
KEPT = Passage(asked=True, path="session.x", keep=True)

PCM = {"type": "audio/pcm", "rate": 24000}
LOOK = {"type": "function", "name": "look"}
MCP = {"type": "mcp", "server_label": "files"}
CUSTOM = {"id": "voice_1"}

TO_GA = [
    (MODALITIES, ASKED, ["audio", "text"], ["audio"]),
    (MODALITIES, ASKED, ["text", "text", "audio"], ["audio"]),
    (MODALITIES, ASKED, ["text"], ["text"]),
    (MODALITIES, ASKED, [], OMIT),
    (MODALITIES, TOLD, ["smell"], ["smell"]),
    (MODALITIES, TOLD, [["text"]], [["text"]]),
    (AUDIO_FORMAT, ASKED, "pcm16", PCM),
    (AUDIO_FORMAT, ASKED, "g711_ulaw", {"type": "audio/pcmu"}),
    (AUDIO_FORMAT, ASKED, "g711_alaw", {"type": "audio/pcma"}),
    (AUDIO_FORMAT, ASKED, None, OMIT),
    (AUDIO_FORMAT, TOLD, "pcm16_8000hz", "pcm16_8000hz"),
    (AUDIO_FORMAT, KEPT, "pcm16_8000hz", "pcm16_8000hz"),
    (VOICE, ASKED, "en-US-AvaNeural", "en-US-AvaNeural"),
    (TOOL_CHOICE, ASKED, "required", "required"),
    (TOOL_CHOICE, ASKED, {"type": "function", "function": {"name": "look"}}, LOOK),
    (TOOL_CHOICE, ASKED, LOOK, LOOK),
    (TOOL_CHOICE, TOLD, 5, 5),
    (TOOLS, ASKED, [{"name": "look"}], [LOOK]),
    (TOOLS, TOLD, [MCP, 5], [MCP, 5]),
    (TOOLS, TOLD, None, None),
    (INCLUDE, ASKED, None, OMIT),
    (INCLUDE, ASKED, ["a"], ["a"]),
    (INCLUDE, TOLD, None, None),
]

TO_PREVIEW = [
    (MODALITIES, ASKED, ["audio"], ["audio", "text"]),
    (MODALITIES, TOLD, ["text", "audio"], ["audio", "text"]),
    (AUDIO_FORMAT, ASKED, PCM, "pcm16"),
    (AUDIO_FORMAT, ASKED, {"type": "audio/pcm"}, "pcm16"),
    (AUDIO_FORMAT, ASKED, {"type": "audio/pcma"}, "g711_alaw"),
    (AUDIO_FORMAT, ASKED, None, OMIT),
    (AUDIO_FORMAT, TOLD, {"rate": 24000}, OMIT),
    (AUDIO_FORMAT, TOLD, {"type": []}, OMIT),
    (AUDIO_FORMAT, TOLD, "pcm16_8000hz", "pcm16_8000hz"),
    (VOICE, ASKED, "sage", "sage"),
    (VOICE, TOLD, "marin", "marin"),
    (VOICE, TOLD, CUSTOM, "voice_1"),
    (VOICE, TOLD, {}, OMIT),
    (TOOL_CHOICE, ASKED, LOOK, LOOK),
    (TOOL_CHOICE, TOLD, MCP, "auto"),
    (TOOL_CHOICE, KEPT, MCP, MCP),
    (TOOLS, ASKED, [LOOK], [LOOK]),
    (TOOLS, TOLD, [MCP, LOOK], [LOOK]),
    (TOOLS, KEPT, [MCP], [MCP]),
    (TOOLS, TOLD, None, None),
]

REFUSED_BY_GA = [
    (MODALITIES, ["smell"], "session.x"),
    (MODALITIES, "audio", "session.x"),
    (AUDIO_FORMAT, "mp3", "session.x"),
    (AUDIO_FORMAT, 5, "session.x"),
    (TOOL_CHOICE, "perhaps", "session.x"),
    (TOOL_CHOICE, MCP, "session.x"),
    (TOOLS, "look", "session.x"),
    (TOOLS, [LOOK, 5], "session.x[1]"),
    (TOOLS, [MCP], "session.x[0].type"),
]

REFUSED_BY_PREVIEW = [
    (AUDIO_FORMAT, "pcm16", "session.x"),
    (AUDIO_FORMAT, {"rate": 24000}, "session.x.type"),
    (AUDIO_FORMAT, {"type": "audio/pcm", "rate": 16000}, "session.x.rate"),
    (VOICE, "marin", "session.x"),
    (VOICE, CUSTOM, "session.x"),
    (TOOL_CHOICE, MCP, "session.x.type"),
    (TOOLS, [LOOK, MCP], "session.x[1].type"),
]


@pytest.mark.parametrize(("conversion", "passage", "value", "expected"), TO_GA)
def test_preview_to_ga(conversion: Conversion, passage: Passage, value: Any, expected: Any) -> None:
    """What a preview side says, as GA."""
    assert expected == conversion.to_ga(value, passage)


@pytest.mark.parametrize(("conversion", "passage", "value", "expected"), TO_PREVIEW)
def test_ga_to_preview(conversion: Conversion, passage: Passage, value: Any, expected: Any) -> None:
    """What a GA side says, as preview."""
    assert expected == conversion.to_preview(value, passage)


@pytest.mark.parametrize(("conversion", "value", "param"), REFUSED_BY_GA)
def test_what_a_preview_client_cannot_ask(conversion: Conversion, value: Any, param: str) -> None:
    """A value without a translation is refused at its place, and not repeated."""
    with pytest.raises(Refused) as refused:
        conversion.to_ga(value, ASKED)
    assert (refused.value.code, refused.value.param) == ("invalid_value", param)
    assert "mp3" not in refused.value.message


@pytest.mark.parametrize(("conversion", "value", "param"), REFUSED_BY_PREVIEW)
def test_what_a_preview_upstream_cannot_do(conversion: Conversion, value: Any, param: str) -> None:
    """What preview cannot do is refused at its place in GA."""
    with pytest.raises(Refused) as refused:
        conversion.to_preview(value, ASKED)
    assert (refused.value.code, refused.value.param) == ("invalid_value", param)


@pytest.mark.parametrize("voice", ["cedar", CUSTOM, 5])
def test_a_fallback_stands_in_for_a_voice(voice: Any) -> None:
    """Where the operator named a voice, it is taken for one that preview lacks, with a warning."""
    said: list[str] = []
    passage = Passage(asked=True, path="session.voice", warn=said.append, fallbacks=Fallbacks(voice="sage"))
    assert VOICE.to_preview(voice, passage) == "sage"
    assert len(said) == 1
