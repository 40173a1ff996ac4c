"""Which profiles an identity may use, and which of them its session runs under. Pure.

Where nothing is said of who may use a profile, everybody may. A ticket carries what its owner might use when it
was made, so that only this is looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.auth.credentials import Identity
from app.errors import Ended, Ending

__all__ = ["Access", "allowed", "choose"]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a profile, and by which names of models a client picks it.

    `keys` are names of static keys, in lower case as the environment has them; `roles` are app roles or scopes
    (one is enough). None for both: everybody.
    """

    names: tuple[str, ...] = ()
    keys: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None

    def admits(self, identity: Identity) -> bool:
        """Tell whether the profile itself is for this user; what a credential is bound to is not asked."""
        if identity.method == "dev" or (self.keys is None and self.roles is None):
            return True
        by_key = identity.method == "key" and identity.name.lower() in (self.keys or ())
        return by_key or not set(self.roles or ()).isdisjoint(identity.roles)


def allowed(profiles: Mapping[str, Access], identity: Identity) -> tuple[str, ...]:
    """Return the names of the profiles that an identity may use, in the order of `profiles`."""
    return tuple(name for name, access in profiles.items() if _may_use(identity, name, access))


def choose(
    profiles: Mapping[str, Access],
    default: str,
    identity: Identity,
    asked_profile: str | None,
    asked_model: str | None,
) -> str:
    """Return the name of the profile that a session runs under.

    That is the profile asked for; else the one that goes by the name of the model asked for; else the default, or
    the first that may be used. Raises `Ended` (forbidden) for one that the identity may not use.
    """
    usable = allowed(profiles, identity)
    wanted = asked_profile or _bound(identity) or _by_model(profiles, usable, asked_model)
    if wanted is None:
        wanted = default if default in usable else next(iter(usable), None)
    if wanted not in usable:
        message = f"You may not use this profile. You may use: {', '.join(usable) or 'none'}."
        raise Ended(Ending.FORBIDDEN, message, code="profile_not_allowed")
    return wanted


def _may_use(identity: Identity, name: str, access: Access) -> bool:
    if identity.profiles is not None and name not in identity.profiles:
        return False
    return _carried(identity) is not None or access.admits(identity)


def _carried(identity: Identity) -> tuple[str, ...] | None:
    """Return the profiles of a ticket, which were looked up when it was made; None for anybody else."""
    return identity.profiles if identity.ticket is not None else None


def _bound(identity: Identity) -> str | None:
    """Return the one profile of a ticket, which whoever shows it has thereby asked for."""
    carried = _carried(identity) or ()
    return carried[0] if len(carried) == 1 else None


def _by_model(profiles: Mapping[str, Access], usable: tuple[str, ...], model: str | None) -> str | None:
    """Return the first profile that goes by this name; one that may be used comes before one that may not."""
    named = [name for name, access in profiles.items() if model is not None and model in access.names]
    return next((name for name in named if name in usable), next(iter(named), None))
