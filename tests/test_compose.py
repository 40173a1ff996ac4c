"""docker-compose.yml, as far as it can be judged without an engine: that its parts and the other files agree."""

import json
import subprocess
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.harness import ROOT, configured
from tests.programs import needs, program

pytestmark = needs("node", "npm")

UNSET = "${RELAY_TRUSTED_PROXIES:-"
"""What stands before the default of a variable that .env may set."""


@pytest.fixture(scope="module")
def compose() -> Any:
    """Read the file."""
    command = [program("node"), f"{ROOT}/tests/npm/yaml.mjs", f"{ROOT}/docker-compose.yml"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603 - fixed words


def test_only_the_relay_runs_unless_asked(compose: Any) -> None:
    """Caddy comes with the profile `tls`, once the relay is healthy, which the image can tell."""
    services = compose["services"]
    assert {name: service.get("profiles") for name, service in services.items()} == {
        "relay": None,
        "caddy": ["tls"],
    }
    assert services["caddy"]["depends_on"] == {"relay": {"condition": "service_healthy"}}
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_caddy_and_nobody_else_is_a_trusted_proxy(compose: Any) -> None:
    """It has the one address that the relay believes, which no other container is given."""
    told = compose["services"]["relay"]["environment"]["RELAY_TRUSTED_PROXIES"]
    assert told.startswith(UNSET)
    (trusted,) = configured(trusted_proxies=told.removeprefix(UNSET).removesuffix("}")).trusted_proxies
    caddy = ip_address(compose["services"]["caddy"]["networks"]["default"]["ipv4_address"])
    assert (trusted.num_addresses, trusted[0]) == (1, caddy)
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    assert caddy in ip_network(network["subnet"])
    assert caddy not in ip_network(network["ip_range"])


def test_caddy_finds_its_file_and_the_relay(compose: Any) -> None:
    """The Caddyfile is mounted where the image looks for it, and names the relay's service and port."""
    caddy = compose["services"]["caddy"]
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in caddy["volumes"]
    assert (caddy["ports"], caddy["cap_add"]) == (["443:443"], ["NET_BIND_SERVICE"])
    assert "reverse_proxy {$TLS_UPSTREAM:relay:8000}" in (ROOT / "Caddyfile").read_text()
    assert compose["services"]["relay"]["ports"] == ["8000:8000"]


def test_no_container_can_do_more_than_it_must(compose: Any) -> None:
    """Read-only, without capabilities but for Caddy's port, and without a way to new ones."""
    for service in compose["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
