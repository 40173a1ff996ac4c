"""What an audio frame costs, in calls."""

import pytest

from bench.hotpath import passing

# For CI: numbers that move only with the code. Raise one with a reason, and lower it with the code.
MOST = {("open", "up"): 17, ("open", "down"): 17, ("locked", "up"): 25, ("locked", "down"): 23}


@pytest.mark.parametrize(("profile", "way"), MOST)
async def test_an_audio_frame_costs_no_more_calls_than_it_did(profile: str, way: str) -> None:
    """Counted in the relay's own functions, and the same each time; all frames take the shortcut."""
    counts = [(await passing(profile, way)).counted().per_frame()[0] for _ in range(2)]
    assert counts[0] == counts[1]
    assert counts[0] <= MOST[profile, way]
