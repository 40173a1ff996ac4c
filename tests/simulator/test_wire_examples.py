"""The objects of responses, held to what the service was seen to send."""

from typing import Any

import pytest

from app.simulator.session_object import Opening
from tests.simulator.playing import GA, PREVIEW, Event, Play

TOKENS = {"text_tokens": 0, "audio_tokens": 0}
TOTALS = {"total_tokens": 0, "input_tokens": 0, "output_tokens": 0}
HEAD = {"object": "realtime.response", "id": "resp_1", "status": "completed", "status_details": None}
TAIL = {"conversation_id": "conv_1", "max_output_tokens": "inf", "metadata": None}
EXAMPLES: list[tuple[Opening, Event]] = [
    # What the service was seen to send, but for ids, numbers and output.
    (
        GA,
        {
            **HEAD,
            **TAIL,
            "output_modalities": ["audio"],
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}},
            "usage": {
                **TOTALS,
                "input_token_details": {
                    **TOKENS,
                    "image_tokens": 0,
                    "cached_tokens": 0,
                    "cached_tokens_details": {**TOKENS, "image_tokens": 0},
                },
                "output_token_details": TOKENS,
            },
        },
    ),
    (
        PREVIEW,
        {
            **HEAD,
            **TAIL,
            "modalities": ["audio", "text"],
            "voice": "alloy",
            "output_audio_format": "pcm16",
            "temperature": 0.8,
            "usage": {
                **TOTALS,
                "input_token_details": {**TOKENS, "cached_tokens": 0, "cached_tokens_details": TOKENS},
                "output_token_details": TOKENS,
            },
        },
    ),
]


def blank(value: Any) -> Any:
    """Make all numbers zero."""
    if isinstance(value, dict):
        return {key: blank(each) for key, each in value.items()}
    return 0 if isinstance(value, int) else value


@pytest.mark.parametrize(("opening", "example"), EXAMPLES)
def test_a_response_is_as_on_the_wire(opening: Opening, example: Event) -> None:
    """The object of a response has the keys that the service was seen to send, and its defaults."""
    play = Play(opening)
    [response] = [event["response"] for event in play.ask("hello") if event["type"] == "response.done"]
    assert response.pop("output")
    ids = {"id": "resp_1", "conversation_id": "conv_1"}
    assert {**response, **ids, "usage": blank(response["usage"])} == example
