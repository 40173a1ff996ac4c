"""Redirects of a tool's server: followed among what the operator listed, and with no secret to another origin."""

from collections.abc import Callable

import pytest

from tests.effects.outgoing import Make, Towards, asked, refusal
from tests.effects.service import CANARY, Service


@pytest.mark.parametrize(
    ("status", "method", "following"),
    [
        (301, "POST", ("GET", b"")),
        (302, "POST", ("GET", b"")),
        (303, "PUT", ("GET", b"")),
        (307, "POST", ("POST", b"{}")),
        (308, "PUT", ("PUT", b"{}")),
        (302, "GET", ("GET", b"")),
    ],
)
async def test_redirect_is_followed_as_http_says(
    outgoing: Make, service: Service, status: int, method: str, following: tuple[str, bytes]
) -> None:
    """Method and body change or stay by the status; the same origin gets the headers again, and no cookie."""
    service.redirect("/from", "/to", status)
    content = None if method == "GET" else b"{}"
    await outgoing(service.host).fetch(asked(f"{service.base}/from", method, content), 1000)
    seen = service.seen[1]
    assert (seen.target, (seen.method, seen.body)) == ("/to", following)
    assert seen.headers["api-key"] == CANARY
    assert "Cookie" not in seen.headers


async def test_body_that_a_redirect_dropped_does_not_come_back(outgoing: Make, service: Service) -> None:
    """After a 303 there is none to send, whatever comes next."""
    service.redirect("/one", "/two", 303)
    service.redirect("/two", "/three", 307)
    await outgoing(service.host).fetch(asked(f"{service.base}/one", "POST", b"{}"), 1000)
    assert [(each.method, each.body) for each in service.seen] == [("POST", b"{}"), ("GET", b""), ("GET", b"")]


async def test_redirects_have_an_end(outgoing: Make, service: Service) -> None:
    """Three are followed, and the fourth is not."""
    service.redirect("/loop", "/loop")
    assert await refusal(outgoing(service.host), asked(f"{service.base}/loop")) == "the tool redirected too often"
    assert len(service.seen) == 4


async def test_secrets_go_to_no_other_origin(outgoing: Make, service: Service) -> None:
    """A redirect to another listed host takes the body along, and no header of the operator's."""
    service.redirect("/from", "https://other.example/to")
    made = outgoing("tool.example", "other.example", transport=Towards(service))
    await made.fetch(asked("https://tool.example/from", "POST", b"{}"), 1000)
    first, second = service.seen
    assert (first.headers["Host"], first.headers["api-key"]) == ("tool.example", CANARY)
    assert (second.headers["Host"], second.target, second.body) == ("other.example", "/to", b"{}")
    assert CANARY not in str(second)


async def test_secrets_come_back_with_the_origin(outgoing: Make, service: Service) -> None:
    """A redirect that comes home has the headers again."""
    service.redirect("/from", "https://other.example/via")
    service.redirect("/via", "https://tool.example/to")
    made = outgoing("tool.example", "other.example", transport=Towards(service))
    await made.fetch(asked("https://tool.example/from"), 1000)
    assert ["api-key" in each.headers for each in service.seen] == [True, False, True]


async def test_redirect_from_https_to_http_is_not_followed(outgoing: Make, service: Service) -> None:
    """What went out encrypted does not go out plain."""
    service.redirect("/from", "http://tool.example/to")
    made = outgoing("tool.example", transport=Towards(service))
    words = await refusal(made, asked("https://tool.example/from"))
    assert words == "the tool redirected to where the relay does not go"
    assert len(service.seen) == 1


LEADING_OUT: dict[str, Callable[[Service, Service], str]] = {
    "to a host that is not listed": lambda _, other: f"{other.base}/",
    "to the metadata service": lambda _, __: "http://169.254.169.254/latest/meta-data/",
    "to another scheme": lambda _, __: "file:///etc/passwd",
    "with a user": lambda own, _: f"http://user:pass@{own.host}/",
    "to another port": lambda own, _: f"http://127.0.0.1:{own.port + 1}/",
}


@pytest.mark.parametrize("way", LEADING_OUT)
async def test_redirect_that_leads_out_is_not_followed(
    outgoing: Make, service: Service, another: Service, way: str
) -> None:
    """A tool's server says where the relay goes only among what the operator listed."""
    service.redirect("/from", LEADING_OUT[way](service, another))
    words = await refusal(outgoing(service.host), asked(f"{service.base}/from", "POST", b"{}"))
    assert words == "the tool redirected to where the relay does not go"
    assert len(service.seen) == 1
    assert another.seen == []


async def test_redirect_into_a_private_network_is_not_followed(
    outgoing: Make, service: Service, another: Service
) -> None:
    """A listed name that leads to a private address is no way in for another tool's server."""
    inside = f"inside.example:{another.port}"
    service.redirect("/from", f"http://{inside}/")
    made = outgoing(service.host, inside)
    assert await refusal(made, asked(f"{service.base}/from")) == "the tool can't be reached"
    assert another.seen == []
    assert (await made.fetch(asked(f"http://{inside}/"), 1000)).status == 200
