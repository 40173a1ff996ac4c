"""Tests of app.policy.tools.item_order: it is a list, only quicker."""

from hypothesis import given
from hypothesis import strategies as st

from app.policy.tools.item_order import ItemOrder

IDS = st.sampled_from("abcdef")
STEPS = st.lists(
    st.tuples(st.just("place"), IDS, st.none() | IDS) | st.tuples(st.just("forget"), IDS, st.none()), max_size=40
)


def as_list(order: ItemOrder) -> list[str]:
    """Return the ids, read from the last to the first."""
    found: list[str] = []
    at = order.last
    while at is not None:
        found.insert(0, at)
        at = order.before(at)
    return found


@given(steps=STEPS)
def test_it_is_a_list(steps: list[tuple[str, str, str | None]]) -> None:
    """Whatever is placed, placed anew and forgotten; a predecessor that nobody has heard of stands at the end."""
    order, expected = ItemOrder(), list[str]()
    for step, item_id, previous in steps:
        if step == "forget":
            order.forget(item_id)
            expected = [each for each in expected if each != item_id]
        else:
            order.place(item_id, previous)
            expected = placed(expected, item_id, previous)
        assert as_list(order) == expected
        assert [each for each in "abcdef" if each in order] == sorted(expected)


def placed(ids: list[str], item_id: str, previous: str | None) -> list[str]:
    """Return the list with an item behind another."""
    if item_id == previous:
        return ids
    known = ids if previous is None or previous in ids else [*ids, previous]
    rest = [each for each in known if each != item_id]
    at = 0 if previous is None else rest.index(previous) + 1
    return [*rest[:at], item_id, *rest[at:]]


def test_before_what_nobody_knows() -> None:
    """Stands nothing."""
    assert ItemOrder().before("a") is None
