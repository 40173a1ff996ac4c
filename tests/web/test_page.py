"""Tests of app.web.page: which profiles the page offers."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness import KEY, ScriptedUpstream, Serve, towards

DIRECT = '[profiles.{}]\nbase = "open"\nwebrtc = "direct"\n'
PLAIN = '[profiles.{}]\nbase = "open"\n'


@pytest.mark.parametrize(
    ("profiles", "offered", "usual"),
    [
        ([(DIRECT, "a"), (PLAIN, "b"), (PLAIN, "c")], ["b", "c"], "b"),
        ([(PLAIN, "a"), (DIRECT, "b"), (PLAIN, "c")], ["a", "c"], "a"),
        ([(DIRECT, "a")], [], None),
    ],
    ids=["the default is direct", "another is", "all are"],
)
async def test_the_page_offers_no_profile_that_gives_it_no_ticket(  # noqa: PLR0917 - a table's columns
    serve_relay: Serve,
    upstream: ScriptedUpstream,
    tmp_path: Path,
    profiles: list[tuple[str, str]],
    offered: list[str],
    usual: str | None,
) -> None:
    """The secret that it would get under `webrtc = "direct"` opens nothing at the relay."""
    file = tmp_path / "profiles.toml"
    file.write_text("".join(text.format(name) for text, name in profiles))
    relay = await serve_relay(**towards(upstream, page=True, profiles_file=file))
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{relay.http}/page.json", headers={"authorization": f"Bearer {KEY}"})
    told: Any = response.json()
    assert (told["profiles"], told["profile"]) == (offered, usual)
