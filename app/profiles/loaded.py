"""A profile as it is in force: its rules, its tools, and who may use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.effects import Toolbox
from app.policy import Profile
from app.profiles.access import Access
from app.profiles.leases import Leases

__all__ = ["Loaded", "LoadedProfile"]


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """One profile. Whoever runs a session under it does so `with loaded.leases:`, so that its tools stay open.

    `target` is the target that its sessions run on, None for any; `place` is where it stands in the file.
    """

    profile: Profile
    toolbox: Toolbox
    access: Access = field(default_factory=Access)
    target: str | None = None
    place: str = ""
    leases: Leases = field(default_factory=Leases, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Its name in the file."""
        return self.profile.name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of models by which a client may pick it; they need not be those of a target."""
        return self.access.names


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one reading of the file came to: the profiles in its order, and the default's name."""

    profiles: Mapping[str, LoadedProfile]
    default: str

    @property
    def accesses(self) -> Mapping[str, Access]:
        """Who may use which."""
        return {name: each.access for name, each in self.profiles.items()}
