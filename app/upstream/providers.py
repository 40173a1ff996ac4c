"""Where a session is held: targets, how each kind of provider is addressed, and which target answers to a name.

Pure: an operator's mistake is told when the configuration is read, in a sentence that names the setting, and never
by a dial that fails. No address carries a secret.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode

from app.errors import Ended, Ending
from app.protocol.catalogue import GenerationName
from app.upstream.endpoints import AZURE_TAIL, OPENAI_TAIL, base_url, http_url, is_loopback, whole_url

__all__ = ["LAST_PREVIEW", "Address", "Provider", "Target", "Targets", "address", "is_loopback"]

Provider = Literal["azure", "azure-preview", "openai", "compatible", "simulator"]

OPENAI = "https://api.openai.com"
ENTRA_SCOPE = "https://cognitiveservices.azure.com/.default"
"""Azure's own pages also name https://ai.azure.com/.default, for `/openai/v1` and Voice Live: it is a setting."""
LAST_PREVIEW = "2025-04-01-preview"
"""The last version of the preview protocol that Azure published."""

_PATHS = {"azure-preview": "/openai/realtime", "openai": "/v1/realtime"}
_TRANSCRIPTION = ("intent", "transcription")

_AZURE_HOST = re.compile(r"\.azure\.(com|us|cn)$", re.IGNORECASE)


class Target(BaseModel):
    """One upstream deployment. Env: `RELAY_TARGETS__<NAME>__<FIELD>`; an empty value counts as none.

    `endpoint` is kept as `https://host[:port][/prefix]`, whichever of the usual forms it came in; for `compatible`
    it is the whole `wss://` URL with its own path and query. Without `api_key` an `azure` or `azure-preview`
    target uses Entra tokens, and so does a `compatible` one with a `scope`. `models` are the names that the
    target answers to; in the environment separated by commas, or as JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    provider: Provider = Field(description="`azure`, `azure-preview`, `openai`, `compatible` or `simulator`.")
    endpoint: str = Field(
        default="",
        validate_default=True,
        description="Its endpoint; of a `compatible` one the whole wss:// URL, with path and query.",
    )
    deployment: str | None = Field(default=None, description="The deployment, or OpenAI's model.")
    api_version: str | None = Field(default=None, description="Of `azure-preview`: a dated version.")
    api_key: SecretStr | None = Field(default=None, description="Its key. Unset, for Azure: Microsoft Entra ID.")
    scope: str | None = Field(default=None, description="The scope of the Entra token.")
    key_header: Literal["api-key", "authorization"] | None = Field(
        default=None, description="Where the key goes. Unset: `api-key` for Azure's hosts, else `authorization`."
    )
    generation: GenerationName = Field(
        default=None, validate_default=True, description="Of `compatible`: `ga` or `preview`."
    )
    models: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="The names that it answers to, with commas. Unset everywhere: any name."
    )
    rtc_url: str | None = Field(
        default=None, description="Of `azure-preview`: the region's `realtimertc` URL, for WebRTC."
    )
    insecure: bool = Field(default=False, description="Allow it to be reached unencrypted.")

    @cached_property
    def azure(self) -> bool:
        """Whether Azure answers there: it takes keys as `api-key`, and a request id for its support."""
        known = self.provider in {"azure", "azure-preview"}
        return known or (self.provider == "compatible" and _AZURE_HOST.search(self.host) is not None)

    @cached_property
    def host(self) -> str:
        """The endpoint's host, as the log may name it."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def entra_scope(self) -> str | None:
        """The scope of the Entra token to be sent, or None where a key is sent, or nothing."""
        if self.api_key is not None:
            return None
        return self.scope or (ENTRA_SCOPE if self.provider in {"azure", "azure-preview"} else None)

    def key_headers(self) -> dict[str, str]:
        """Return the header that carries the API key, or nothing. `key_header` decides, else the kind of host."""
        if self.api_key is None:
            return {}
        key = self.api_key.get_secret_value()
        if (self.key_header or ("api-key" if self.azure else "authorization")) == "api-key":
            return {"api-key": key}
        return {"Authorization": f"Bearer {key}"}

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if value is not None and value != ""}

    @field_validator("endpoint")
    @classmethod
    def _normalise(cls, endpoint: str, info: ValidationInfo) -> str:
        match info.data.get("provider"):
            case None:  # told already
                return endpoint
            case "compatible":
                return whole_url(endpoint)
            case "openai":
                return base_url(endpoint or OPENAI, OPENAI_TAIL)
            case _:
                return base_url(endpoint, AZURE_TAIL)

    @field_validator("rtc_url")
    @classmethod
    def _exchanging(cls, url: str | None) -> str | None:
        return url and http_url(url, "RTC_URL")

    @field_validator("api_key", mode="before")
    @classmethod
    def _sendable(cls, key: Any) -> Any:
        text = key.get_secret_value() if isinstance(key, SecretStr) else str(key)
        text = text.strip()  # secret files end in a newline
        if re.fullmatch(r"[!-~]+", text) is None:
            raise ValueError("API_KEY holds a character that no key has")
        return text

    @field_validator("generation", mode="before")
    @classmethod
    def _follow_provider(cls, generation: Any, info: ValidationInfo) -> Any:
        provider = info.data.get("provider")
        implied = "preview" if provider == "azure-preview" else "ga"
        if generation not in {None, implied} and provider != "compatible":
            raise ValueError(f"GENERATION is for PROVIDER=compatible; {provider} speaks {implied}")
        return generation or implied

    @field_validator("models", mode="before")
    @classmethod
    def _split_names(cls, models: Any) -> Any:
        if not isinstance(models, str):
            return models
        if models.startswith("["):
            return json.loads(models)
        return [name.strip() for name in models.split(",") if name.strip()]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.provider in {"azure", "azure-preview", "openai"} and self.deployment is None:
            raise ValueError(f"PROVIDER={self.provider} needs DEPLOYMENT")
        if self.provider == "openai" and self.api_key is None:
            raise ValueError("PROVIDER=openai needs API_KEY")
        if self.api_version is not None and self.provider != "azure-preview":
            raise ValueError("API_VERSION is for PROVIDER=azure-preview; the GA path refuses a dated one")
        if self.rtc_url is not None and self.provider != "azure-preview":
            raise ValueError("RTC_URL is for PROVIDER=azure-preview; elsewhere the endpoint itself takes calls")
        if not (self.endpoint.startswith(("https:", "wss:")) or self.insecure or is_loopback(self.host)):
            raise ValueError(
                "ENDPOINT is not encrypted; set INSECURE=true (RELAY_UPSTREAM__INSECURE=true for Azure's names)"
            )
        return self


@dataclass(frozen=True, slots=True)
class Address:
    """Where to dial, and the generation that is spoken there."""

    url: str
    generation: GenerationName


def address(target: Target, *, transcription: bool = False, call_id: str | None = None) -> Address:
    """Say where a session of this target is dialled; or the sideband of a call, whose model is settled.

    A transcription session is asked for by `intent=transcription`; its URL must name no deployment (Azure answers
    400 to one), for that stands in the session.
    """
    if target.provider == "compatible":
        return Address(_amended(target.endpoint) if transcription else target.endpoint, target.generation)
    fields = [("call_id", call_id)] if call_id else _fields(target, transcription=transcription)
    path = _PATHS.get(target.provider, "/openai/v1/realtime")
    url = f"ws{target.endpoint.removeprefix('http')}{path}"
    return Address(f"{url}?{_query(fields)}" if fields else url, target.generation)


def _fields(target: Target, *, transcription: bool) -> list[tuple[str, str]]:
    preview = target.provider == "azure-preview"
    version = [("api-version", target.api_version or LAST_PREVIEW)] if preview else []
    if transcription:
        return [*version, _TRANSCRIPTION]
    return version + [("deployment" if preview else "model", name) for name in (target.deployment,) if name]


def _amended(url: str) -> str:
    """Turn an operator's own URL into that of a transcription session."""
    parts = urlsplit(url)
    fields = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in fields if name not in {"model", "deployment", "intent"}]
    return parts._replace(query=_query([*kept, _TRANSCRIPTION])).geturl()


def _query(fields: list[tuple[str, str]]) -> str:
    return urlencode(fields, quote_via=quote, safe="")


@dataclass(frozen=True, slots=True)
class Targets:
    """All targets by name, and their order of preference; with one target the order need not be told."""

    targets: Mapping[str, Target]
    order: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError("no target is configured: set RELAY_TARGETS__<NAME>__PROVIDER and its other fields")
        told = self.order or len(self.targets) == 1
        if not told or (self.order and sorted(self.order) != sorted(self.targets)):
            names = ", ".join(sorted(self.targets))
            raise ValueError(f"RELAY_TARGET_ORDER must name each target once: {names}")

    def find(self, model: str | None) -> tuple[str, Target]:
        """Return the target that answers to a client's model name, and its own name.

        No name means the first target, and so does any name where no target lists its `models`. Otherwise an
        unknown name raises `Ended`, which tells the known ones.
        """
        ordered = [(name, self.targets[name]) for name in self.order or self.targets]
        known = [each for _, target in ordered for each in target.models]
        if not model or not known:
            return ordered[0]
        for name, target in ordered:
            if model in target.models:
                return name, target
        raise Ended(Ending.NO_SUCH_MODEL, f"This relay serves no such model. It serves: {', '.join(known)}.")
