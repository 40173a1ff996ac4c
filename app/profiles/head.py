"""What a profile says of itself, beside its rules: what it builds on, and who gets it how.

Pure.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.effects.hosts import Hosts
from app.policy import WebRtcMode
from app.profiles.access import Access

__all__ = ["BaseName", "Head"]

BaseName = Literal["open", "locked"]


def _host(text: str) -> str:
    Hosts((text,))
    return text


def _lower(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


class Head(BaseModel):
    """The keys of `[profiles.<name>]` that are no section."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base: BaseName | None = Field(
        default=None, description="The built-in profile whose rules stand where none do."
    )
    names: tuple[str, ...] = Field(default=(), description="Names of models or deployments by which it is picked.")
    target: str | None = Field(default=None, description="The target that its sessions run on. Unset: any.")
    keys: Annotated[tuple[str, ...], AfterValidator(_lower)] | None = Field(
        default=None, description="Names of the static keys that may use it."
    )
    roles: tuple[str, ...] | None = Field(
        default=None, description="App roles and scopes of a token, of which one is enough to use it."
    )
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = Field(
        default=(), description="Hosts (`host`, `host:port`) that its HTTP tools and judges may reach."
    )
    webrtc: WebRtcMode = Field(
        default="off",
        description="Whether browsers may speak WebRTC with the service: not at all (`off`), with a secret of the"
        " service's own (`direct`), or through the relay's exchange (`relayed`).",
    )
    unenforced: bool = Field(
        default=False, description="Allow `webrtc` beside rules that nothing enforces there: they are defaults."
    )

    @property
    def access(self) -> Access:
        """Who may use it, and by which names of models it is picked."""
        return Access(self.names, self.keys, self.roles)
