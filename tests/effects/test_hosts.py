"""Where the relay may connect to."""

import httpx
import pytest

from app.effects.hosts import Hosts, may_connect

LISTED = Hosts(["api.example.com", "search.internal:8080", "10.0.0.5:80", "[::1]:9000", "UPPER.example.com"])


@pytest.mark.parametrize(
    ("url", "listed"),
    [
        ("https://api.example.com/x", True),
        ("https://API.example.com:443/x", True),
        ("http://api.example.com/", True),
        ("https://upper.example.com", True),
        ("http://search.internal:8080", True),
        ("http://10.0.0.5/", True),
        ("http://[::1]:9000/", True),
        ("https://api.example.com:8443/x", False),
        ("http://api.example.com:443/x", False),
        ("http://search.internal/", False),
        ("https://10.0.0.5/", False),
        ("https://api.example.com.evil.example/", False),
        ("https://evil.example/?api.example.com", False),
        ("https://api.example.com@evil.example/", False),
    ],
)
def test_url_is_held_against_the_list(url: str, *, listed: bool) -> None:
    """The whole host counts, and its port; a host alone stands for its scheme's usual port."""
    assert LISTED.lists(httpx.URL(url)) is listed


def test_host_that_is_not_listed_is_named() -> None:
    """The operator reads which one to add."""
    with pytest.raises(ValueError, match=r"The host 'evil\.example:81' is not in the list of hosts"):
        LISTED.check(httpx.URL("http://evil.example:81/path?query"))


@pytest.mark.parametrize("entry", ["", "https://x", "x/path", "x/", "u@x", "x:port", "x:80:90", "x?y", "x#y"])
def test_what_is_no_host_is_refused(entry: str) -> None:
    """An entry is a host, with a port or without."""
    with pytest.raises(ValueError, match="is no host"):
        Hosts([entry])


@pytest.mark.parametrize(
    ("address", "own", "other"),
    [
        ("93.184.215.14", True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True),
        ("127.0.0.1", True, False),
        ("::1", True, False),
        ("10.1.2.3", True, False),
        ("192.168.0.1", True, False),
        ("fd00::1", True, False),
        ("100.64.0.1", True, False),
        ("::ffff:127.0.0.1", True, False),
        ("64:ff9b::7f00:1", True, False),
        ("2002:7f00:1::", True, False),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("fe80::1", False, False),
        ("224.0.0.1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
    ],
)
def test_address_is_judged(address: str, *, own: bool, other: bool) -> None:
    """A tool's own host may be private, no other; metadata services are reached by no name."""
    assert may_connect(address, "named.example", own=True) is own
    assert may_connect(address, "named.example", own=False) is other


def test_link_local_address_that_the_operator_wrote_is_meant() -> None:
    """Who writes the address itself knows it."""
    assert may_connect("169.254.1.1", "169.254.1.1", own=True)
    assert not may_connect("169.254.1.1", "169.254.1.1", own=False)
