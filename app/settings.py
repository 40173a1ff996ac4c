"""The settings: the sections of the house put together, and the names that they have in the environment.

Azure's own names are Azure's; all else is `RELAY_…`, nested by two underscores. Only `main` and `__main__` read
this. A misspelt or contradictory setting stops the start with a sentence that names it, and never with its value.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.auth.credentials import normal_origin
from app.auth.methods import AuthConfig
from app.environment import Variable, explained, misspelt, variables
from app.errors import RelayError
from app.session import SessionConfig
from app.store import LimitsConfig
from app.telemetry import LogConfig
from app.upstream.connector import ConnectorConfig
from app.upstream.providers import Target, Targets
from app.web.socket import ClientConfig

__all__ = ["Settings", "SettingsError", "all_variables", "load"]

PREFIX = "RELAY_"
AZURE = "AZURE_OPENAI_ENDPOINT"
GA_VERSIONS = ("", "v1")
DATED = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")


class SettingsError(RelayError):
    """The relay cannot start with these settings; the sentence says which, and what to do."""


def _listed(value: object) -> object:
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
"""A list, separated by commas in the environment."""


Origins = Annotated[tuple[Annotated[str, AfterValidator(normal_origin)], ...], NoDecode, BeforeValidator(_listed)]
"""Origins, separated by commas in the environment, and written as browsers write them."""

Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)]
"""CIDRs, separated by commas in the environment."""


class Settings(BaseSettings):
    """Everything that an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    azure_openai_endpoint: str | None = Field(
        default=None,
        validation_alias=AZURE,
        description="The Azure OpenAI resource, https://RESOURCE.openai.azure.com. Unset: the simulated upstream.",
    )
    azure_openai_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="AZURE_OPENAI_API_KEY",
        description="The resource's key. Unset: Microsoft Entra ID.",
    )
    azure_openai_deployment_name: str | None = Field(
        default=None,
        validation_alias="AZURE_OPENAI_DEPLOYMENT_NAME",
        description="The deployment of a realtime model.",
    )
    openai_api_version: str = Field(
        default="v1",
        validation_alias="OPENAI_API_VERSION",
        description="`v1` is the GA protocol; a date selects the deprecated preview.",
    )
    origins: Origins = Field(
        default=(), description="Origins of the pages that may connect, with commas. Unset: the relay's own."
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Networks of the proxies in front, as CIDRs with commas; only they tell an address.",
    )
    target_order: Listed = Field(
        default=(), description="The targets' names in order of preference, with commas; needed with several."
    )
    targets: Mapping[str, Target] = Field(default={}, description="")
    profiles_file: Path | None = Field(
        default=None,
        description="The TOML file of the profiles, read at the start and at SIGHUP. Unset: `open` and `locked`.",
    )
    page: bool | None = Field(
        default=None, description="Serve the page at `/`. Unset: only while no user authentication is configured."
    )
    auth: AuthConfig = AuthConfig()
    limits: LimitsConfig = LimitsConfig()
    session: SessionConfig = SessionConfig()
    client: ClientConfig = ClientConfig()
    upstream: ConnectorConfig = ConnectorConfig()
    log: LogConfig = LogConfig()

    @property
    def serves_page(self) -> bool:
        """Whether the page is on."""
        return self.page if self.page is not None else not self.auth.configured

    def chosen_targets(self) -> Targets | None:
        """Return the upstreams, or None where none is set and the simulated one is meant.

        Raises `SettingsError` where the settings contradict each other.
        """
        targets = dict(self.targets)
        if self.azure_openai_endpoint and targets:
            raise SettingsError(f"{AZURE} and RELAY_TARGETS__… are both set. Keep one of them.")
        if self.azure_openai_endpoint:
            targets = {"azure": self._azure_target(self.azure_openai_endpoint)}
        if not targets:
            self._refuse_half()
            return None
        return Targets(targets, self._order(targets))

    def _refuse_half(self) -> None:
        """Half an upstream is a mistake, and not the simulated one."""
        halves = (
            ("AZURE_OPENAI_API_KEY", self.azure_openai_api_key),
            ("AZURE_OPENAI_DEPLOYMENT_NAME", self.azure_openai_deployment_name),
        )
        for name, value in halves:
            if value:
                raise SettingsError(f"{name} is set, but {AZURE} is not. Name the endpoint, or unset it.")

    def _azure_target(self, endpoint: str) -> Target:
        version = self.openai_api_version
        if version not in GA_VERSIONS and not DATED.fullmatch(version):
            raise SettingsError("OPENAI_API_VERSION is neither 'v1' nor a date such as 2025-04-01-preview.")
        if not self.azure_openai_deployment_name:
            raise SettingsError(f"{AZURE} is set, but AZURE_OPENAI_DEPLOYMENT_NAME is not. Name the deployment.")
        preview = version not in GA_VERSIONS
        given = {
            "provider": "azure-preview" if preview else "azure",
            "endpoint": endpoint,
            "deployment": self.azure_openai_deployment_name,
            "api_version": version if preview else None,
            "api_key": self.azure_openai_api_key,
            "scope": self.upstream.scope,
            "insecure": self.upstream.insecure,
        }
        with _told({"": AZURE, "endpoint": AZURE, "api_key": "AZURE_OPENAI_API_KEY"}):
            return Target.model_validate(given)

    def _order(self, targets: Mapping[str, Target]) -> tuple[str, ...]:
        unknown = sorted(set(self.target_order) - set(targets))
        if unknown:
            raise SettingsError(f"RELAY_TARGET_ORDER names {', '.join(unknown)}, but there is no such target.")
        missing = sorted(set(targets) - set(self.target_order))
        if missing and (len(targets) > 1 or self.target_order):
            raise SettingsError(
                f"RELAY_TARGET_ORDER must name all targets, the preferred first; {', '.join(missing)} is missing."
            )
        return self.target_order or tuple(targets)


@contextmanager
def _told(names: Mapping[str, str]) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise SettingsError(explained(error, PREFIX, names)) from None


def all_variables() -> list[Variable]:
    """Return every variable that the relay takes."""
    return list(variables(Settings, PREFIX))


def load(env_file: Path = Path(".env")) -> Settings:
    """Read the environment and the file. Raises `SettingsError` for what is misspelt or invalid."""
    names = [*os.environ, *dotenv_values(env_file)]
    if complaint := misspelt(names, all_variables(), PREFIX):
        raise SettingsError(complaint)
    with _told({}):
        settings = Settings(_env_file=env_file)
    settings.chosen_targets()
    if settings.auth.easyauth and not settings.trusted_proxies:
        raise SettingsError("RELAY_AUTH__EASYAUTH needs RELAY_TRUSTED_PROXIES: whose headers are to be believed?")
    return settings
