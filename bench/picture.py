"""The figures as pictures: curves in SVG, written by hand, readable on a light page and on a dark one.

Both axes are logarithmic: what is ten times as much is as far away, wherever it stands.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Axis", "curves"]

Curve = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 720, 400
LEFT, TOP, RIGHT, BOTTOM = 64, 40, 180, 52
COLOURS = ("#7a7a7a", "#2a9d8f", "#e9a23b", "#c8553d", "#7b5ea7", "#1f77d0", "#d64f9a", "#5b8c2a")
GREY = "#8888"
TEXT = 'font-family="sans-serif" fill="#888"'
STEPS = (1, 2, 5)
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: what it shows; `marks` are the values that are written at it, or those of a round number."""

    title: str
    low: float
    high: float
    marks: tuple[float, ...] = ()

    def place(self, value: float) -> float:
        """Return where a value stands, from 0 to 1."""
        inside = min(max(value, self.low), self.high)
        return math.log(inside / self.low) / math.log(self.high / self.low)

    def labels(self) -> list[float]:
        """Return the values to be written at the axis."""
        if self.marks:
            return list(self.marks)
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        values = [step * 10.0**power for power in powers for step in STEPS]
        return [value for value in values if self.low * (1 - TINY) <= value <= self.high * (1 + TINY)]


def axis_of(title: str, values: Sequence[float], marks: tuple[float, ...] = ()) -> Axis:
    """Make an axis that has room for these values."""
    positive = [value for value in values if value > 0] or [1.0]
    low, high = min(positive), max(positive)
    return Axis(title, low / 1.2, high * 1.2, marks)


def curves(title: str, lines: Mapping[str, Curve], across: Axis, upwards: Axis) -> str:
    """Draw lines, each with its name at its end."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        _words(LEFT, 22, title, size=15),
        *_across(across),
        *_upwards(upwards),
        *_lines(lines, across, upwards),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(place: float) -> float:
    return LEFT + place * (WIDTH - LEFT - RIGHT)


def _y(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM)


def _across(axis: Axis) -> Iterator[str]:
    yield _words(_x(0.5), HEIGHT - 12, axis.title, anchor="middle")
    for value in axis.labels():
        at = _x(axis.place(value))
        yield _rule(at, _y(0), at, _y(1))
        yield _words(at, _y(0) + 18, f"{value:g}", anchor="middle")


def _upwards(axis: Axis) -> Iterator[str]:
    yield _words(LEFT - 52, TOP - 4, axis.title)
    for value in axis.labels():
        at = _y(axis.place(value))
        yield _rule(_x(0), at, _x(1), at)
        yield _words(LEFT - 8, at + 4, f"{value:g}", anchor="end")


def _lines(lines: Mapping[str, Curve], across: Axis, upwards: Axis) -> Iterator[str]:
    """Draw each line; names that would stand on each other are moved apart."""
    ends = sorted((_y(upwards.place(line[-1][1])), name) for name, line in lines.items() if line)
    taken = float("-inf")
    heights = {}
    for height, name in ends:
        taken = heights[name] = max(height, taken + 15)
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{_x(across.place(x)):.1f},{_y(upwards.place(y)):.1f}" for x, y in line)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
        if line:
            yield _words(_x(1) + 8, heights[name] + 4, name, colour=colour)


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{GREY}" stroke-width="0.6"/>'


def _words(  # noqa: PLR0913 - SVG takes no less
    x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", colour: str = ""
) -> str:
    style = TEXT.replace("#888", colour) if colour else TEXT
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f"<text {place} {style}>{escape(words)}</text>"
