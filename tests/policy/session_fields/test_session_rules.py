"""Tests of app.policy.session_fields.session_rules.

A rule for every field, and the two bases that profiles stand on.
"""

import pytest
from pydantic import ValidationError

from app.policy.session_fields.fields import FIELDS
from app.policy.session_fields.session_rules import ResponseRules, SessionRules


def test_every_field_has_a_rule() -> None:
    """By its name, and with a description."""
    assert set(SessionRules.model_fields) == {*FIELDS, "other"}
    assert all(each.description for each in SessionRules.model_fields.values())


def test_what_is_not_named_is_the_servers() -> None:
    """So that a profile locks what it forgets."""
    rules = SessionRules.model_validate({"voice": "free"})
    assert {name: rules.of(name).mode for name in ("voice", "tools")} == {"voice": "free", "tools": "server"}
    assert (rules.other, rules.all_free) == ("server", False)
    assert SessionRules.locked() == SessionRules()


def test_open_is_free_throughout() -> None:
    """One rule more, and it is not."""
    rules = dict(SessionRules.open())
    assert SessionRules(**rules).all_free
    assert not SessionRules(**{**rules, "other": "server"}).all_free
    assert not SessionRules(**{**rules, "speed": {"fixed": 1}}).all_free


def test_a_profile_may_be_put_over_a_base() -> None:
    """Rules that are made already stay what they are."""
    rules = SessionRules.model_validate({**dict(SessionRules.open()), "tracing": {"fixed": "off"}})
    again = SessionRules.model_validate(dict(rules))
    assert again == rules
    assert (again.tracing.imposed, again.tracing.hidden, again.voice.mode) == (None, True, "free")


def test_a_wrong_value_is_refused_without_being_repeated() -> None:
    """The field is named."""
    with pytest.raises(ValidationError, match="the value must be a number") as refused:
        SessionRules.model_validate({"speed": {"fixed": "canary"}})
    assert "canary" not in str(refused.value)


def test_responses_are_locked_or_open() -> None:
    """A client's own marks are its own in either."""
    locked, free = ResponseRules.locked(), ResponseRules.open()
    assert (locked.input, locked.conversation, locked.metadata) == ("server", "server", "free")
    assert (locked.all_free, free.all_free) == (False, True)
    assert ResponseRules() == locked
