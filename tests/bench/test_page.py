"""The page on performance."""

from pathlib import Path

import pytest

from bench.page import BEGIN, END, replaced, write


def test_what_stands_outside_the_markers_stays() -> None:
    """The report before is replaced."""
    page = f"before\n{BEGIN}\nold\n{END}\nafter"
    assert f"before\n{BEGIN}\nnew\n{END}\nafter" == replaced(page, "new\n")


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_a_page_without_markers_is_left_alone(page: str) -> None:
    """Nobody guesses where the report belongs."""
    with pytest.raises(ValueError, match="the page has no"):
        replaced(page, "new")


def test_a_page_is_made_where_there_is_none(tmp_path: Path) -> None:
    """With its pictures; and the next report finds its place."""
    write(tmp_path, "one", {"cpu": "<svg/>"})
    write(tmp_path, "two", {})
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert text.startswith("# Performance\n")
    assert f"{BEGIN}\ntwo\n{END}" in text
    assert (tmp_path / "performance-cpu.svg").read_text(encoding="utf-8") == "<svg/>"
