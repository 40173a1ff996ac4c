"""The pictures."""

import re
from xml.etree import ElementTree as ET

from bench.picture import Axis, axis_of, curves


def test_an_axis_is_logarithmic() -> None:
    """10 lies in the middle between 1 and 100; what lies outside stands at the end."""
    axis = Axis("", 1, 100)
    assert [axis.place(value) for value in (1, 10, 100, 0.1, 1000)] == [0.0, 0.5, 1.0, 0.0, 1.0]


def test_an_axis_is_labelled_with_round_numbers() -> None:
    """Or with those that it was given."""
    assert Axis("", 4, 60).labels() == [5, 10, 20, 50]
    assert Axis("", 4, 60, (7,)).labels() == [7]


def test_an_axis_has_room_for_its_values() -> None:
    """What is not positive has no place on it."""
    axis = axis_of("", [0, 2, 8])
    assert axis.low < 2
    assert axis.high > 8
    assert axis_of("", []).low < axis_of("", []).high


def test_a_picture_is_well_formed() -> None:
    """Each relay has its line and its name; a title may hold any character."""
    across, upwards = Axis("sessions", 1, 100), Axis("µs", 1, 100)
    picture = curves("a < b", {"ours": [(1, 1), (100, 100)], "absent": []}, across, upwards)
    root = ET.fromstring(picture)  # noqa: S314 - it was written a line above
    space = "{http://www.w3.org/2000/svg}"
    texts = [each.text for each in root.iter(f"{space}text")]
    assert [each for each in texts if each in {"a < b", "ours", "absent"}] == ["a < b", "ours"]
    assert [len(each.attrib["points"].split()) for each in root.iter(f"{space}polyline")] == [2, 0]


def test_names_do_not_stand_on_each_other() -> None:
    """Two lines may end in one point."""
    axis = Axis("", 1, 100)
    picture = curves("", {"one": [(100, 10)], "two": [(100, 10)]}, axis, axis)
    heights = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:one|two)<', picture)]
    assert abs(heights[0] - heights[1]) >= 15
