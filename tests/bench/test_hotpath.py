"""What an audio frame costs, in calls."""

import pytest

from bench.hotpath import passing

# For CI: numbers that move only with the code. Raise one with a reason, and lower it with the code.
MOST = {("open", "up"): 8, ("open", "down"): 9, ("locked", "up"): 11, ("locked", "down"): 13}


@pytest.mark.parametrize(("profile", "way"), MOST)
async def test_an_audio_frame_costs_no_more_calls_than_it_did(profile: str, way: str) -> None:
    """Counted in the relay's own functions, and the same each time, but for what is drawn for many at once."""
    counts = [(await passing(profile, way)).counted().per_frame()[0] for _ in range(2)]
    assert counts[0] == pytest.approx(counts[1], abs=0.02)
    assert counts[0] <= MOST[profile, way]
