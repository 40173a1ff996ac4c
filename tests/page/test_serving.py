"""The page over HTTP: when it is there, what holds the browser to it, and what it is told."""

from typing import Any

import httpx
import pytest

from app.auth.static_keys import hash_key
from app.web.page import STATIC, TYPES, content_security_policy
from tests.harness import KEY, ScriptedUpstream, Serve, ServedRelay, towards

PATHS = ("/", "/page.json", "/static/page/main.js", "/static/client/index.js")


async def ask(relay: ServedRelay, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask the relay."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.request(method, relay.http + path, headers=headers)


@pytest.fixture
async def open_relay(serve_relay: Serve, upstream: ScriptedUpstream) -> ServedRelay:
    """A relay in dev mode."""
    return await serve_relay(**towards(upstream, auth={}))


@pytest.fixture
async def keyed_relay(serve_relay: Serve, upstream: ScriptedUpstream) -> ServedRelay:
    """A relay that asks for a key, and has the page all the same."""
    return await serve_relay(**towards(upstream, page=True))


@pytest.mark.parametrize(
    ("given", "status"),
    [({"auth": {}}, 200), ({}, 404), ({"page": True}, 200), ({"auth": {}, "page": False}, 404)],
    ids=["dev mode", "with keys", "asked for", "switched off"],
)
async def test_the_page_is_there_in_dev_mode_or_when_asked_for(
    serve_relay: Serve, upstream: ScriptedUpstream, given: dict[str, Any], status: int
) -> None:
    """Where it is off, nothing of it is there."""
    relay = await serve_relay(**towards(upstream, **given))
    assert [(await ask(relay, path)).status_code for path in PATHS] == [status] * len(PATHS)


async def test_every_file_holds_the_browser_to_the_page(open_relay: ServedRelay) -> None:
    """Nothing inline, nothing from elsewhere, no frame around it, and the microphone for itself alone."""
    headers = (await ask(open_relay, "/")).headers
    policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    host = f"127.0.0.1:{open_relay.port}"
    assert policy["connect-src"] == f"'self' ws://{host} wss://{host}"
    closed = ("base-uri", "form-action", "frame-ancestors", "trusted-types")
    assert {policy[each] for each in closed} == {"'none'"}
    assert policy["require-trusted-types-for"] == "'script'"
    file = (await ask(open_relay, "/static/page/main.js")).headers
    assert file["content-security-policy"] == headers["content-security-policy"]
    assert headers["permissions-policy"].startswith("microphone=(self)")
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("host", ["[::1]:8000", "a b", "relay.example;script-src *", ""])
def test_a_policy_names_no_host_that_could_say_more(host: str) -> None:
    """The Host header is the caller's word: what is no plain name with a port is left out."""
    assert "connect-src 'self';" in content_security_policy(host)


async def test_every_file_has_its_type(open_relay: ServedRelay) -> None:
    """Whatever the system says of suffixes."""
    files = [file for file in STATIC.rglob("*.*") if file.suffix in TYPES]
    answers = [await ask(open_relay, f"/static/{file.relative_to(STATIC)}") for file in files]
    assert [each.content for each in answers] == [file.read_bytes() for file in files]
    assert [each.headers["content-type"] for each in answers] == [TYPES[file.suffix] for file in files]


async def test_a_browser_asks_again_and_is_told_that_nothing_changed(open_relay: ServedRelay) -> None:
    """An update of the relay is seen at once; what stayed the same is not sent twice."""
    first = await ask(open_relay, "/static/page/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = await ask(open_relay, "/static/page/main.js", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_nothing_else_is_served(open_relay: ServedRelay) -> None:
    """No way leads out of the directory, and no directory is listed."""
    paths = [
        "/static/../page.py",
        "/static/%2e%2e/page.py",
        "/static/page",
        "/static/none.js",
        "/static/client/package.json",
    ]
    assert [(await ask(open_relay, path)).status_code for path in paths] == [404] * len(paths)


async def test_in_dev_mode_the_page_is_told_what_may_be_chosen(open_relay: ServedRelay) -> None:
    """Names, and nothing of what stands behind them."""
    response = await ask(open_relay, "/page.json", "POST", origin=open_relay.http)
    told = response.json()
    assert told.pop("voices")[:2] == ["alloy", "ash"]
    assert told == {"simulated": False, "admitted": True, "profiles": ["open", "locked"], "profile": "open"}
    assert response.headers["cache-control"] == "no-store"


async def test_without_an_upstream_the_page_says_that_it_is_simulated(serve_relay: Serve) -> None:
    """Nobody shall take the simulated voice for a service's."""
    assert (await ask(await serve_relay(), "/page.json")).json()["simulated"] is True


async def test_a_stranger_is_told_no_profile(keyed_relay: ServedRelay) -> None:
    """However often: to come without a key is no failed attempt."""
    for _ in range(25):
        response = await ask(keyed_relay, "/page.json", "POST", origin=keyed_relay.http)
        told = response.json()
        assert (response.status_code, told["admitted"], told["profiles"], told["profile"]) == (
            200,
            False,
            [],
            None,
        )


async def test_a_user_is_told_the_profiles_of_the_key(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Those that it may use, and no other."""
    keys = {"alice": f"{hash_key(KEY)};profiles=locked"}
    relay = await serve_relay(**towards(upstream, page=True, auth={"keys": keys}))
    told = (await ask(relay, "/page.json", "POST", authorization=f"Bearer {KEY}")).json()
    assert (told["admitted"], told["profiles"], told["profile"]) == (True, ["locked"], "locked")


async def test_a_wrong_key_is_refused_in_words_and_counted(keyed_relay: ServedRelay) -> None:
    """As on every other way in: who guesses hears 429 in the end."""
    wrong = {"authorization": "Bearer rk_wrong"}
    answers = [await ask(keyed_relay, "/page.json", "POST", **wrong) for _ in range(22)]
    assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (401, "invalid_api_key")
    assert (answers[-1].status_code, answers[-1].json()["error"]["code"]) == (429, "too_many_attempts")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://evil.example"}, "origin_not_allowed"),
        ({"host": "evil.example"}, "authentication_not_configured"),
    ],
    ids=["another site", "DNS rebinding"],
)
async def test_other_sites_are_told_nothing(open_relay: ServedRelay, headers: dict[str, str], code: str) -> None:
    """Neither what profiles a developer has, nor whether it is simulated."""
    response = await ask(open_relay, "/page.json", "POST", **headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, code)


def test_every_file_is_small_and_has_nothing_inline() -> None:
    """The policy would keep it from running; and what is long is hard to read."""
    document = (STATIC / "index.html").read_text()
    assert not any(each in document for each in ("style=", "<style", "onclick", "javascript:"))
    assert document.count("<script") == document.count('<script type="module" src=') == 1
    scripts = [*(STATIC / "page").glob("*.js"), *(STATIC / "page").glob("*.css")]
    assert [file.name for file in scripts if len(file.read_text().splitlines()) > 250] == []
