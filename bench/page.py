"""The page on performance: what stands between the markers is the benchmark's, the rest is whoever's wrote it."""

from pathlib import Path

__all__ = ["BEGIN", "END", "replaced", "write"]

BEGIN = "<!-- bench: written by `make bench` -->"
END = "<!-- bench: end -->"

INTRODUCTION = f"""# Performance
What the relay adds to a session: CPU, delay, memory. Measured beside others in the same run, so that the ratios
mean something on any machine; the figures themselves are this machine's.

{BEGIN}
{END}
"""


def replaced(page: str, report: str) -> str:
    """Return the page with this report between the markers. Raises `ValueError` where they are missing."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{head}{BEGIN}\n{report.strip()}\n{END}{tail}"


def write(docs: Path, report: str, pictures: dict[str, str]) -> None:
    """Put the report into the page, and the pictures (by name) beside it. The page is made if there is none."""
    page = docs / "performance.md"
    text = page.read_text(encoding="utf-8") if page.exists() else INTRODUCTION
    page.write_text(replaced(text, report), encoding="utf-8")
    for name, picture in pictures.items():
        (docs / f"performance-{name}.svg").write_text(picture, encoding="utf-8")
