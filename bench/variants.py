"""What is measured: THE table of the relays, ours and others'. A new row is a new measurement.

Each is started with `{port}`, `{upstream}` (both ports), `{folder}` (an empty one of its own), `{here}` (this
directory) and `{python}` filled in, in arguments, environment and files alike.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.auth.static_keys import hash_key
from app.protocol.catalogue import GenerationName

__all__ = [
    "BASE",
    "DIRECT",
    "FASTAPI",
    "HERE",
    "LITELLM",
    "LITELLM_NAME",
    "LOCKED_OURS",
    "OURS",
    "RTMT",
    "TRANSLATING",
    "Variant",
    "chosen",
    "filled",
    "named",
]

HERE = Path(__file__).parent
BASE = "nginx"
"""Whose figures are 1."""

FASTAPI, RTMT, LITELLM_NAME = "FastAPI", "rtmt", "LiteLLM"
OURS, LOCKED_OURS, TRANSLATING = "ours", "ours, locked", "ours, translating"

KEY = "rk_bench-key-of-no-one-anywhere-0123456789abc"


@dataclass(frozen=True, slots=True)
class Variant:
    """One relay, and how a client is to address it.

    `files` are written into its folder before it starts. `generation` is what the upstream speaks. `mint` is where
    it gives tickets, by one of which a session is opened where opening is measured.
    """

    name: str
    about: str
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    path: str = "/v1/realtime?model=bench"
    headers: Mapping[str, str] = field(default_factory=dict)
    generation: GenerationName = "ga"
    mint: str | None = None


DIRECT = Variant("direct", "the generator and its upstream, and nothing between them")

NGINX = Variant(
    BASE,
    "`proxy_pass`, one worker: it forwards bytes, and knows of no message",
    command=("nginx", "-p", "{folder}", "-c", "{folder}/nginx.conf"),
    files={"nginx.conf": (HERE / "peers" / "nginx.conf").read_text()},
)


def peer(name: str, about: str, script: str) -> Variant:
    """Describe one of the small relays in `peers/`."""
    return Variant(name, about, command=("{python}", f"{{here}}/peers/{script}", "{port}", "{upstream}"))


OURS_ENV = {
    "RELAY_TARGETS__BENCH__PROVIDER": "compatible",
    "RELAY_TARGETS__BENCH__ENDPOINT": "ws://127.0.0.1:{upstream}/v1/realtime",
    "RELAY_TARGETS__BENCH__API_KEY": "bench",
    "RELAY_AUTH__KEYS__BENCH": hash_key(KEY),
    "RELAY_LIMITS__SESSIONS": "100000",
    "RELAY_LIMITS__SESSIONS_PER_USER": "100000",
    "RELAY_LIMITS__DIALS_PER_USER_PER_MINUTE": "1000000",
    "RELAY_LIMITS__TICKETS_PER_USER": "100000",
    "RELAY_LOG__FORMAT": "json",
}


LOCKED = """[profiles.clerk]
[profiles.clerk.session]
instructions = { fixed = "You are the clerk." }
[profiles.clerk.limits]
events_per_second = 1e9
audio_rate = 1e9
"""


def ours(  # noqa: PLR0913 - each is one thing in which ours can differ
    name: str,
    about: str,
    *,
    env: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    path: str = "/openai/v1/realtime?model=bench",
    headers: Mapping[str, str] | None = None,
    generation: GenerationName = "ga",
) -> Variant:
    """Describe this relay as `serve` runs it, with a key and metrics, under some more environment."""
    return Variant(
        name,
        about,
        command=("{python}", "-m", "app", "serve", "--port", "{port}"),
        env={**OURS_ENV, "RELAY_TARGETS__BENCH__GENERATION": generation, **(env or {})},
        files=files or {},
        path=path,
        headers={"Authorization": f"Bearer {KEY}", **(headers or {})},
        generation=generation,
        mint="/openai/v1/realtime/client_secrets",
    )


VARIANTS = (
    DIRECT,
    NGINX,
    peer("aiohttp", "a bare one, aiohttp on both legs: whole messages, none of them read", "aiohttp_peer.py"),
    peer(FASTAPI, "a bare one, uvicorn and `websockets`: whole messages, none of them read", "fastapi_peer.py"),
    peer(
        RTMT,
        "as the VoiceRAG sample's `rtmt.py`: aiohttp, asyncio's own loop, `json.loads` of each message",
        "parsing_peer.py",
    ),
    ours(OURS, "this relay: a key, metrics, the profile `open`"),
    ours(
        LOCKED_OURS,
        "this relay: a key, metrics, a profile on the base `locked`, with rates that the load does not reach",
        env={"RELAY_PROFILES_FILE": "{folder}/profiles.toml"},
        files={"profiles.toml": LOCKED},
    ),
)

PREVIEW = ours(
    TRANSLATING,
    "this relay: a GA client, and an upstream that speaks preview",
    generation="preview",
)

LITELLM = Variant(
    LITELLM_NAME,
    "its proxy, as `pip install 'litellm[proxy]'` gives it",
    command=("litellm", "--config", "{folder}/litellm.yaml", "--host", "127.0.0.1", "--port", "{port}"),
    env={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": KEY},
    files={"litellm.yaml": (HERE / "peers" / "litellm.yaml").read_text()},
    headers={"Authorization": f"Bearer {KEY}"},
)


def chosen(only: set[str], *, litellm: str | None) -> tuple[list[Variant], list[str]]:
    """Return what can be measured here, and what cannot and why. `litellm` is the path of its program."""
    wanted = [each for each in (*VARIANTS, PREVIEW) if not only or each.name in only | {DIRECT.name, BASE}]
    missing = []
    if shutil.which(NGINX.command[0]) is None:
        wanted.remove(NGINX)
        missing.append("nginx is not installed, so that nothing is compared with it: `apt-get install nginx`")
    if litellm is not None:
        wanted.append(replace(LITELLM, command=(litellm, *LITELLM.command[1:])))
    return wanted, missing


def named(name: str) -> Variant:
    """Return the row of this name."""
    return next(each for each in (*VARIANTS, PREVIEW) if each.name == name)


def filled(text: str, *, port: int, upstream: int, folder: str) -> str:
    """Fill the places in."""
    places = {"port": port, "upstream": upstream, "folder": folder, "here": HERE, "python": sys.executable}
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
