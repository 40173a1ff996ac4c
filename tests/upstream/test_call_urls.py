"""Tests of app.upstream.call_urls: where each kind of target mints, takes offers, and hangs up."""

import pytest

from app.errors import Ended, Ending
from app.upstream.call_urls import call_urls
from app.upstream.providers import Target, address

RTC = "https://swedencentral.realtimeapi-preview.ai.azure.com/v1/realtimertc"


def target(provider: str, **more: str) -> Target:
    """Return a target of a kind."""
    endpoint = {"openai": "", "compatible": "wss://h.example/x", "simulator": "http://127.0.0.1:1"}
    given = {
        "endpoint": endpoint.get(provider, "https://r.openai.azure.com/"),
        "deployment": "my d",
        "api_key": "k",
    }
    return Target.model_validate({"provider": provider, **given, **more})


GA = [
    ("azure", "https://r.openai.azure.com/openai/v1/realtime", "?webrtcfilter=on"),
    ("simulator", "http://127.0.0.1:1/openai/v1/realtime", "?webrtcfilter=on"),
    ("openai", "https://api.openai.com/v1/realtime", ""),
]


@pytest.mark.parametrize(("provider", "base", "query"), GA)
def test_ga_has_one_path_for_all_of_it(provider: str, base: str, query: str) -> None:
    """Azure filters what the browser hears where the relay makes the call."""
    urls = call_urls(target(provider))
    assert urls.mint == f"{base}/client_secrets"
    assert (urls.offer, urls.relayed) == (f"{base}/calls", f"{base}/calls{query}")
    assert urls.hang_up("rtc_1/../x") == f"{base}/calls/rtc_1%2F..%2Fx/hangup"


def test_the_preview_takes_offers_in_its_region() -> None:
    """It mints at the resource, and nothing can be hung up."""
    urls = call_urls(target("azure-preview", rtc_url=RTC, api_version="2025-04-01-preview"))
    sessions = "https://r.openai.azure.com/openai/realtimeapi/sessions?api-version=2025-04-01-preview"
    assert (urls.mint, urls.calls) == (sessions, None)
    assert urls.offer == urls.relayed == f"{RTC}?model=my%20d"


@pytest.mark.parametrize("provider", ["azure-preview", "compatible"])
def test_a_target_without_webrtc_is_the_operators_affair(provider: str) -> None:
    """The log says which setting; the caller hears what everybody hears."""
    with pytest.raises(Ended) as ended:
        call_urls(target(provider))
    assert ended.value.ending is Ending.UPSTREAM_REFUSED
    assert ended.value.message == Ending.UPSTREAM_REFUSED.value.message
    assert ("RTC_URL" in ended.value.detail) == (provider == "azure-preview")


@pytest.mark.parametrize(("provider", "base", "_"), GA)
def test_the_sideband_names_the_call_and_no_model(provider: str, base: str, _: str) -> None:
    """The model of a call is settled; the service refuses another word about it."""
    url = address(target(provider), call_id="rtc_1&x").url
    assert url == f"{base.replace('http', 'ws', 1)}?call_id=rtc_1%26x"


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("azure-preview", "http://r.example/v1/realtimertc"),
        ("azure-preview", f"{RTC}?canary=1"),
        ("azure-preview", "wss://r.example"),
        ("azure-preview", "canary"),
        ("azure-preview", "https://canary@r.example/"),
        ("azure", RTC),
    ],
)
def test_a_url_that_is_none_is_told_when_it_is_read(provider: str, url: str) -> None:
    """It names the setting, and not the value; on this machine it may go without TLS."""
    with pytest.raises(ValueError, match="RTC_URL") as error:
        target(provider, rtc_url=url)
    assert "canary" not in str(error.value)
    assert target("azure-preview", rtc_url="http://127.0.0.1:1/x#y").rtc_url == "http://127.0.0.1:1/x"
