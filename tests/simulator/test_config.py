"""Tests of the simulator's configuration."""

import pytest
from pydantic import ValidationError

from app.simulator import SimulatorConfig


def test_defaults_let_anybody_in() -> None:
    """Without a word both generations are served, to any key, for any deployment, for an hour."""
    config = SimulatorConfig()
    assert (config.generation, config.keys, config.deployments, config.style) == (None, (), (), "azure")
    assert config.session_seconds == 3600


def test_a_misspelt_setting_is_refused_without_its_value() -> None:
    """An unknown field is an error, and errors never show what was given."""
    with pytest.raises(ValidationError) as error:
        SimulatorConfig(key="canary")  # type: ignore[call-arg]  # the mistake under test
    assert "canary" not in str(error.value)


def test_keys_are_not_shown() -> None:
    """The printed form of a configuration holds no key."""
    assert "canary" not in repr(SimulatorConfig(keys=("canary",), forbidden=("canary",)))
