import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError
from structlog.testing import capture_logs

from app.errors import Ended, Ending
from app.upstream.entra import Tokens

SCOPE = "https://cognitiveservices.azure.com/.default"

Make = Callable[..., Tokens]


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


class Scripted:
    """A credential that gives or raises what it is told, after `go`."""

    def __init__(self, *answers: AccessToken | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.go = asyncio.Event()
        self.go.set()
        self.closed = 0

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked += scopes
        answer = self.answers.pop(0)
        await self.go.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed += 1

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def token(text: str, clock: Clock, life: int = 3600) -> AccessToken:
    return AccessToken(text, int(clock.now) + life)


async def a_few_turns() -> None:
    """Let whatever was begun behind one's back begin."""
    for _ in range(5):
        await asyncio.sleep(0)


async def turns(tokens: Tokens, expected: str) -> None:
    """Wait until a renewal behind one's back has come in."""
    async with asyncio.timeout(5):
        while await tokens.get(SCOPE) != expected:
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)


async def test_a_token_is_asked_for_once(tokens: Make, clock: Clock) -> None:
    """While a token is young it serves every dial; each scope has its own."""
    credential = Scripted(token("one", clock), token("two", clock))
    kept = tokens(lambda: credential, clock)
    assert [await kept.get("a"), await kept.get("a"), await kept.get("b"), await kept.get("a")] == [
        "one",
        "one",
        "two",
        "one",
    ]
    assert credential.asked == ["a", "b"]


@pytest.mark.parametrize(("life", "young", "due"), [(3600, 3299, 3301), (60, 29, 31)])
async def test_a_token_is_renewed_before_it_ends(
    tokens: Make, clock: Clock, life: int, young: int, due: int
) -> None:
    """Five minutes before its end, or at half of a shorter life, a token is renewed while the old one serves."""
    clock.now = 1_800_000_000.0
    credential = Scripted(token("old", clock, life), token("new", clock, 9000))
    kept = tokens(lambda: credential, clock)
    await kept.get(SCOPE)
    clock.now += young
    assert await kept.get(SCOPE) == "old"
    await a_few_turns()
    assert len(credential.asked) == 1
    clock.now += due - young
    assert await kept.get(SCOPE) == "old"
    await turns(kept, "new")
    assert len(credential.asked) == 2


async def test_a_failed_renewal_is_not_fatal(tokens: Make, clock: Clock) -> None:
    """A valid token goes on serving; the log tells the failure, and the next dial tries again."""
    credential = Scripted(token("old", clock), ClientAuthenticationError("canary"), token("new", clock, 9000))
    kept = tokens(lambda: credential, clock)
    await kept.get(SCOPE)
    clock.now += 3400
    with capture_logs() as logs:
        assert await kept.get(SCOPE) == "old"
        await turns(kept, "new")
    assert [(log["event"], log["scope"]) for log in logs] == [("entra_token_failed", SCOPE)]
    assert logs[0]["detail"].startswith("no Entra token: ClientAuthenticationError; ")
    assert "canary" not in str(logs)


async def test_an_expired_token_is_not_used(tokens: Make, clock: Clock) -> None:
    """Once the old token has ended, a failure to renew it ends the dial."""
    credential = Scripted(token("old", clock), ServiceRequestError("canary"))
    kept = tokens(lambda: credential, clock)
    await kept.get(SCOPE)
    clock.now += 3600
    with pytest.raises(Ended) as caught:
        await kept.get(SCOPE)
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE


async def test_one_who_gives_up_does_not_cancel_the_others(tokens: Make, clock: Clock) -> None:
    """Of several who wait for the same token one may leave, and the others get it."""
    credential = Scripted(token("one", clock))
    credential.go.clear()
    kept = tokens(lambda: credential, clock)
    waiting = [asyncio.create_task(kept.get(SCOPE)) for _ in range(3)]
    await asyncio.wait(waiting, timeout=0)
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    credential.go.set()
    assert await asyncio.gather(*waiting[1:]) == ["one", "one"]
    assert waiting[0].cancelled()
    assert len(credential.asked) == 1


async def test_a_failure_is_the_failure_of_all_who_wait(tokens: Make, clock: Clock) -> None:
    """One request serves all who wait, its failure too; the next one asks anew."""
    credential = Scripted(ClientAuthenticationError("AADSTS7000215: canary"), token("one", clock))
    credential.go.clear()
    kept = tokens(lambda: credential, clock)
    waiting = [asyncio.create_task(kept.get(SCOPE)) for _ in range(3)]
    await asyncio.wait(waiting, timeout=0)
    credential.go.set()
    failures = await asyncio.gather(*waiting, return_exceptions=True)
    assert {Ending.UPSTREAM_REFUSED} == {each.ending for each in failures if isinstance(each, Ended)}
    assert {"AADSTS7000215" in str(each) and "canary" not in str(each) for each in failures} == {True}
    assert await kept.get(SCOPE) == "one"


async def test_a_request_has_its_time(tokens: Make, clock: Clock) -> None:
    """An identity endpoint that never answers ends the attempt, so that the next dial asks anew."""
    credential = Scripted(token("late", clock), token("one", clock))
    credential.go.clear()
    kept = tokens(lambda: credential, clock, timeout=0.05)
    with pytest.raises(Ended) as caught:
        await kept.get(SCOPE)
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    credential.go.set()
    assert await kept.get(SCOPE) == "one"


async def test_close_gives_up_what_is_under_way(tokens: Make, clock: Clock) -> None:
    """A relay that stops does not wait for a token, and closes the credential."""
    credential = Scripted(token("one", clock))
    credential.go.clear()
    kept = tokens(lambda: credential, clock)
    waiting = asyncio.create_task(kept.get(SCOPE))
    await asyncio.wait([waiting], timeout=0)
    await kept.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert credential.closed == 1


async def test_close_of_what_was_never_used(tokens: Make) -> None:
    """Where no dial needs a token no credential is made, and none is closed."""
    made: list[Scripted] = []

    def make() -> Scripted:
        made.append(Scripted())
        return made[-1]

    await tokens(make).close()
    assert made == []


def http_error(status: int) -> ClientAuthenticationError:
    error = ClientAuthenticationError("canary")
    error.status_code = status
    return error


def caused_by(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (ClientAuthenticationError("canary"), Ending.UPSTREAM_REFUSED),
        (CredentialUnavailableError("canary"), Ending.UPSTREAM_REFUSED),
        (http_error(400), Ending.UPSTREAM_REFUSED),
        (ValueError("canary"), Ending.UPSTREAM_REFUSED),
        (FileNotFoundError("canary"), Ending.UPSTREAM_REFUSED),
        (http_error(429), Ending.UPSTREAM_UNAVAILABLE),
        (http_error(500), Ending.UPSTREAM_UNAVAILABLE),
        (ServiceRequestError("canary"), Ending.UPSTREAM_UNAVAILABLE),
        (TimeoutError("canary"), Ending.UPSTREAM_UNAVAILABLE),
        (caused_by(CredentialUnavailableError("canary"), ServiceRequestError("x")), Ending.UPSTREAM_UNAVAILABLE),
        (caused_by(CredentialUnavailableError("canary"), KeyError("x")), Ending.UPSTREAM_REFUSED),
    ],
)
async def test_whose_fault_it_is(tokens: Make, error: Exception, ending: Ending) -> None:
    """A failure on the way to Entra may pass; one of the identity is the operator's. No word is repeated."""
    credential = Scripted(error)
    with pytest.raises(Ended) as caught:
        await tokens(lambda: credential).get(SCOPE)
    assert ending is caught.value.ending
    assert type(error).__name__ in caught.value.detail
    assert "canary" not in caught.value.detail
