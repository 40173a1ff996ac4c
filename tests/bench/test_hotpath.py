"""What an audio frame costs, in calls."""

import pytest

from bench.hotpath import calls_per_frame

# For CI: a number that moves only with the code. Raise it with a reason, and lower it with the code.
MOST = {"up": 40, "down": 40}


@pytest.mark.parametrize("way", ["up", "down"])
async def test_an_audio_frame_costs_no_more_calls_than_it_did(way: str) -> None:
    """Counted in the relay's own functions, and the same each time."""
    counts = [(await calls_per_frame(way)).per_frame() for _ in range(2)]
    assert counts[0] == counts[1]
    assert counts[0][0] <= MOST[way]
