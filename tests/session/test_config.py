"""Tests of app.session.config: the times of a session are times."""

import pytest
from pydantic import ValidationError

from app.session import SessionConfig


def test_the_defaults() -> None:
    """Ten minutes idle, an hour in all; half a minute for a message, five seconds for a close; drain and grace."""
    assert SessionConfig().model_dump() == {
        "idle": 600,
        "maximum_duration": 3600,
        "send_timeout": 30,
        "close_timeout": 5,
        "credential_grace": 60,
        "drain": 25,
    }


@pytest.mark.parametrize("field", ["idle", "maximum_duration", "send_timeout", "close_timeout"])
def test_no_time_at_all_is_refused(field: str) -> None:
    """A session that is over when it begins is a mistake; no drain and no grace are choices."""
    with pytest.raises(ValidationError):
        SessionConfig.model_validate({field: 0})
    assert SessionConfig(drain=0, credential_grace=0).drain == 0
