"""Tests of app.auth.flaws: what the bearer of a bad token is told, and what the log."""

import pytest

from app.auth.flaws import Flaw, refused
from app.errors import Ending


@pytest.mark.parametrize("flaw", Flaw)
def test_each_flaw_has_words_of_its_own(flaw: Flaw) -> None:
    """A reason for the log that no other has, and a sentence for the caller."""
    ended = refused(flaw)
    assert [each for each in Flaw if refused(each).detail.startswith(ended.detail)] == [flaw]
    assert ended.message.endswith((".", "`."))
    assert ended.detail.startswith("token refused: ")


@pytest.mark.parametrize(
    ("flaw", "ending", "code"),
    [
        (Flaw.SIGNATURE, Ending.UNAUTHENTICATED, "invalid_token"),
        (Flaw.AUDIENCE, Ending.UNAUTHENTICATED, "invalid_token"),
        (Flaw.EXPIRED, Ending.UNAUTHENTICATED, "token_expired"),
        (Flaw.TENANT, Ending.FORBIDDEN, "tenant_not_allowed"),
        (Flaw.CLIENT, Ending.FORBIDDEN, "client_not_allowed"),
        (Flaw.GRANT, Ending.FORBIDDEN, "insufficient_scope"),
        (Flaw.SCOPE, Ending.FORBIDDEN, "insufficient_scope"),
        (Flaw.ROLE, Ending.FORBIDDEN, "insufficient_scope"),
    ],
)
def test_what_a_flaw_means_outside(flaw: Flaw, ending: Ending, code: str) -> None:
    """A bad token is no credential; a good one of somebody who may not connect is forbidden."""
    ended = refused(flaw)
    assert (ended.ending, ended.code) == (ending, code)


def test_more_is_for_the_log() -> None:
    """The caller is not told."""
    ended = refused(Flaw.CLAIMS, "more")
    assert ended.detail == f"{refused(Flaw.CLAIMS).detail}: more"
    assert ended.message == refused(Flaw.CLAIMS).message
