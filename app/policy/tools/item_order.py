"""The order of a conversation's items, as a chain of ids: each knows the one before it and the one behind it.

It costs the same however long the conversation is: a client can add items faster than anybody could search them.
"""

__all__ = ["ItemOrder"]


class ItemOrder:
    """Item ids in the order of the conversation; None stands before the first."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._behind: dict[str | None, str] = {}
        self.last: str | None = None

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._before

    def before(self, item_id: str) -> str | None:
        """Return the item before this one; None where there is none, or nobody knows of this one."""
        return self._before.get(item_id)

    def place(self, item_id: str, previous: str | None) -> None:
        """Put an item behind `previous`, wherever it was; None puts it first.

        An item that nobody has heard of is taken to stand at the end.
        """
        if item_id == previous:
            return
        if previous is not None and previous not in self:
            self._insert(previous, self.last)
        self.forget(item_id)
        self._insert(item_id, previous)

    def forget(self, item_id: str) -> None:
        """Take an item out; one that is not there is no matter."""
        if item_id in self:
            before, behind = self._before.pop(item_id), self._behind.pop(item_id, None)
            self._link(before, behind)

    def _insert(self, item_id: str, previous: str | None) -> None:
        behind = self._behind.get(previous)
        self._link(previous, item_id)
        self._link(item_id, behind)

    def _link(self, before: str | None, behind: str | None) -> None:
        """Make two ids neighbours; None is the place before the first, and the one behind the last."""
        if behind is not None:
            self._before[behind] = before
            self._behind[before] = behind
        else:
            self._behind.pop(before, None)
            self.last = before
