"""Who still uses what is to be closed: each user holds a lease, and whoever closes waits for the last."""

import asyncio
from types import TracebackType

__all__ = ["Leases"]


class Leases:
    """A count of leases. `with leases: …` holds one; to take it costs no time, so nobody comes between."""

    def __init__(self) -> None:
        self._held = 0
        self._ended = asyncio.Event()
        self._ended.set()

    def __enter__(self) -> None:
        self._held += 1
        self._ended.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held -= 1
        if not self._held:
            self._ended.set()

    def revoke(self) -> None:
        """Let nobody wait for those that are held."""
        self._ended.set()

    async def ended(self) -> None:
        """Wait until nobody holds a lease, or all are revoked."""
        await self._ended.wait()
