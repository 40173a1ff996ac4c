"""Where the relay may connect to: hosts that the operator listed, and the addresses behind them.

A tool's own host may stand in a private network, for the operator named it; nobody else can lead the relay into
one. The addresses that machines in a cloud ask for their secrets (link-local) are reached by no name at all.
"""

import ipaddress
from collections.abc import Sequence

import httpx

__all__ = ["Hosts", "may_connect", "port_of"]

USUAL = {"http": 80, "https": 443}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Hosts:
    """The list: `host` (on the usual port of its scheme) or `host:port`."""

    def __init__(self, listed: Sequence[str] = ()) -> None:
        self._listed = frozenset(_entry(each) for each in listed)

    def lists(self, url: httpx.URL) -> bool:
        """Say whether the host and port of this URL are on the list."""
        port = port_of(url)
        usual = USUAL.get(url.scheme) == port
        return (url.host, port) in self._listed or (usual and (url.host, None) in self._listed)

    def check(self, url: httpx.URL) -> None:
        """Raise `ValueError` where it is not on the list."""
        if not self.lists(url):
            raise ValueError(f"The host '{url.netloc.decode('ascii', 'replace')}' is not in the list of hosts.")


def port_of(url: httpx.URL) -> int | None:
    """Return the port that is connected to, told or not."""
    return url.port or USUAL.get(url.scheme)


def _entry(text: str) -> tuple[str, int | None]:
    try:
        url = httpx.URL(f"tcp://{text}")
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host or url.userinfo or url.raw_path not in (b"", b"/") or url.fragment or text.endswith("/"):
        raise ValueError(f"'{text}' is no host; write 'host' or 'host:port'.")
    return url.host, url.port


def may_connect(address: str, host: str, *, own: bool) -> bool:
    """Say whether an address that `host` resolved to may be connected to; `own`: the operator named this host."""
    ip = _real(ipaddress.ip_address(address))
    if own:
        return not (ip.is_link_local or ip.is_multicast or ip.is_unspecified) or address == host
    return ip.is_global and not ip.is_multicast


def _real(ip: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
