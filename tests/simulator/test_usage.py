"""Tests of the counting of tokens."""

import pytest

from app.simulator.items import Entry
from app.simulator.usage import Quota, Tally, spoken_tokens, text_tokens
from tests.simulator.playing import silence


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2)])
def test_text_is_four_characters_a_token(text: str, tokens: int) -> None:
    """A token that is begun counts."""
    assert text_tokens(text) == tokens


def test_speech_is_twenty_tokens_a_second() -> None:
    """What is spoken costs a token for 50 ms."""
    assert [spoken_tokens(each) for each in (0, 1, 50, 51, 1000)] == [0, 1, 1, 2, 20]


def test_usage_adds_up() -> None:
    """Totals are the sums of their parts: text read, audio heard (10 tokens a second), text and audio said."""
    heard = Entry({"content": [{"type": "input_audio", "transcript": "twelve chars"}]}, silence(1000))
    output = Entry({"type": "function_call_output", "output": "eight ch"})
    tally = Tally.of([heard, output], "be brief")
    tally.text_out, tally.audio_out = 3, 40
    told = tally.told(images=True)
    assert told["input_token_details"] == {
        "text_tokens": 2 + 3 + 2,
        "audio_tokens": 10,
        "image_tokens": 0,
        "cached_tokens": 0,
        "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
    }
    assert told["output_token_details"] == {"text_tokens": 3, "audio_tokens": 40}
    assert (told["input_tokens"], told["output_tokens"], told["total_tokens"]) == (17, 43, 60)
    assert "image_tokens" not in str(tally.told(images=False))


def test_the_quota_comes_back() -> None:
    """Tokens that are spent return within the minute; more than there are leaves nothing."""
    quota = Quota(600)
    assert quota.spend(300, 0.0) == [{"name": "tokens", "limit": 600, "remaining": 300, "reset_seconds": 30.0}]
    assert quota.spend(0, 15.0) == [{"name": "tokens", "limit": 600, "remaining": 450, "reset_seconds": 15.0}]
    assert quota.spend(0, 90.0) == [{"name": "tokens", "limit": 600, "remaining": 600, "reset_seconds": 0.0}]
    assert quota.spend(900, 90.0)[0]["remaining"] == 0
