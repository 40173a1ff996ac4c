"""Endpoints as people write them, brought to one form.

Pure. No sentence quotes an endpoint, since one may hold a credential where none belongs.
"""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

__all__ = ["AZURE_TAIL", "OPENAI_TAIL", "base_url", "http_url", "is_loopback", "whole_url"]

AZURE_TAIL = re.compile(r"(/openai(/v1)?(/realtime)?)?/*$")
"""What stands behind the resource itself in an SDK's base URL, or in the realtime URL that the portal shows."""
OPENAI_TAIL = re.compile(r"(/v1(/realtime)?)?/*$")

_SECRET_NAMES = {"api-key", "api_key", "apikey", "authorization", "access_token", "token", "key"}


def base_url(endpoint: str, tail: re.Pattern[str]) -> str:
    """Return `http(s)://host[:port][/prefix]`, without the tail and the query. Raises `ValueError`."""
    url = _checked(endpoint)
    scheme = "https" if url.scheme in {"https", "wss"} else "http"
    return urlunsplit((scheme, url.netloc, tail.sub("", url.path), "", ""))


def whole_url(endpoint: str) -> str:
    """Return the same URL as `ws(s)://`, with its path and query. Raises `ValueError`."""
    url = _checked(endpoint)
    if _SECRET_NAMES & {name.lower() for name, _ in parse_qsl(url.query, keep_blank_values=True)}:
        raise ValueError("ENDPOINT carries a credential in its query; it belongs into API_KEY")
    return url._replace(scheme="wss" if url.scheme in {"https", "wss"} else "ws", fragment="").geturl()


def http_url(url: str, name: str) -> str:
    """Return a whole `https://` URL, the value of the setting `name`; this machine is trusted without TLS.

    Raises `ValueError`.
    """
    parts = _checked(url, name)
    if parts.query or not (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    ):
        raise ValueError(f"{name} must be an https:// URL without a query")
    return parts._replace(fragment="").geturl()


@lru_cache
def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own, without asking DNS."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost"
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _checked(endpoint: str, name: str = "ENDPOINT") -> SplitResult:
    """Split a URL that can be dialled."""
    try:
        url = urlsplit(endpoint)
        (url.hostname or "").encode("idna")
        _ = url.port
    except ValueError:
        raise ValueError(f"{name} has no valid host and port") from None
    if url.scheme not in {"https", "http", "wss", "ws"} or not url.hostname:
        raise ValueError(f"{name} must be a URL such as https://my-resource.openai.azure.com")
    if url.username is not None:
        raise ValueError(f"{name} carries a user name; a credential belongs into API_KEY")
    return url
