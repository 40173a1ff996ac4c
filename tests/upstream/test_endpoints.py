import re
from functools import partial

import pytest

from app.upstream.endpoints import AZURE_TAIL, OPENAI_TAIL, base_url, is_loopback, whole_url


@pytest.mark.parametrize(
    "pasted",
    [
        "https://r.openai.azure.com",
        "https://r.openai.azure.com/",
        "https://r.openai.azure.com//",
        "https://r.openai.azure.com/openai",
        "https://r.openai.azure.com/openai/v1",
        "https://r.openai.azure.com/openai/v1/",
        "wss://r.openai.azure.com/openai/v1/realtime?model=gpt-realtime",
        "wss://r.openai.azure.com/openai/realtime?api-version=2024-10-01-preview&deployment=d#top",
    ],
)
def test_an_azure_endpoint_may_come_in_any_form(pasted: str) -> None:
    """The resource's URL, an SDK's base URL and the portal's realtime URL are all the same endpoint."""
    assert base_url(pasted, AZURE_TAIL) == "https://r.openai.azure.com"


@pytest.mark.parametrize(
    ("pasted", "tail", "expected"),
    [
        ("https://gate.example/team-a/openai/v1", AZURE_TAIL, "https://gate.example/team-a"),
        ("https://gate.example/openai-team/", AZURE_TAIL, "https://gate.example/openai-team"),
        ("ws://127.0.0.1:9000/openai/v1/realtime", AZURE_TAIL, "http://127.0.0.1:9000"),
        ("https://api.openai.com/v1/", OPENAI_TAIL, "https://api.openai.com"),
        ("wss://api.openai.com/v1/realtime?model=m", OPENAI_TAIL, "https://api.openai.com"),
        ("https://r.openai.azure.com/openai/v1", OPENAI_TAIL, "https://r.openai.azure.com/openai"),
    ],
)
def test_a_prefix_and_a_port_stay(pasted: str, tail: re.Pattern[str], expected: str) -> None:
    """Only what belongs to the API itself is taken off: a gateway's prefix stays."""
    assert base_url(pasted, tail) == expected


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        (
            "https://r.services.ai.azure.com/voice-live/realtime?api-version=2025-10-01&model=gpt-4o",
            "wss://r.services.ai.azure.com/voice-live/realtime?api-version=2025-10-01&model=gpt-4o",
        ),
        ("http://localhost:9000/any/path/", "ws://localhost:9000/any/path/"),
        ("wss://host/ws?agent=%C3%BC&empty=#part", "wss://host/ws?agent=%C3%BC&empty="),
    ],
)
def test_a_whole_url_keeps_path_and_query(pasted: str, expected: str) -> None:
    """Of the URL of a compatible service only the scheme becomes that of a WebSocket."""
    assert whole_url(pasted) == expected


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        ("", "must be a URL"),
        ("r.openai.azure.com", "must be a URL"),
        ("ftp://canary.example", "must be a URL"),
        ("https:///openai", "must be a URL"),
        ("https://canary:canary@host/", "user name"),
        ("https://canary.example:http", "host and port"),
        ("https://canary.example:99999", "host and port"),
        ("https://[canary", "host and port"),
        (f"https://{'canary' * 11}.example", "host and port"),
    ],
)
def test_what_cannot_be_dialled_is_refused(pasted: str, sentence: str) -> None:
    """A mistake in an endpoint is told at once, and the endpoint is not quoted, for it may hold a secret."""
    for check in (partial(base_url, tail=AZURE_TAIL), whole_url):
        with pytest.raises(ValueError, match=sentence) as caught:
            check(pasted)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize("name", ["api-key", "API-KEY", "Authorization", "access_token"])
def test_a_credential_in_the_query_is_refused(name: str) -> None:
    """A key belongs into the setting that is kept secret, not into a URL that the log may name."""
    with pytest.raises(ValueError, match="API_KEY") as caught:
        whole_url(f"wss://host/realtime?model=m&{name}=canary")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LocalHost.", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_loopback_is_told_without_dns(host: str, *, expected: bool) -> None:
    """Only names and addresses that cannot mean another machine count as loopback."""
    assert is_loopback(host) is expected
