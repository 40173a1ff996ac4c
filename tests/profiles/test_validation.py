"""Tests of app.profiles.validation: a section, its model, and what is told where the two do not fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.profiles.source import ProfilesError, Source
from app.profiles.validation import is_table, known_keys, validated


def repeated(value: str) -> str:
    """Be a validator that repeats what it was given."""
    if "canary" in value:
        raise ValueError(f'{value!r} is wrong, as "{value}" and {value} are')
    return value


class Bounds(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum: int = Field(default=0, ge=0)
    maximum: int


class One(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["one"]
    first: int = 1


class Two(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["two"]
    second: int = 2


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["error", "drop"] = "error"
    timeout: float = 5
    within: Bounds | None = None
    named: Mapping[str, Bounds] = {}
    words: tuple[Annotated[str, AfterValidator(repeated)], ...] = ()
    many: tuple[Bounds, ...] = ()
    either: int | tuple[int, ...] = 1
    tagged: Annotated[One | Two, Field(discriminator="kind")] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Section":
        if self.timeout > 100:
            raise ValueError("timeout is longer than 100 s")
        return self


def complaints(folder: Path, text: str) -> list[str]:
    """Return what is told of a section: the line, the key within the section, and the reason."""
    file = folder / "profiles.toml"
    file.write_text(f"[a.section]\n{text}", encoding="utf-8")
    source = Source.read(file)
    assert validated(source, ("a", "section"), Section, source.tables["a"]["section"]) is None
    with pytest.raises(ProfilesError) as caught:
        source.check()
    assert "canary" not in str(caught.value)
    return [each.removeprefix(f"{file}:").replace(": a.section.", " ", 1) for each in caught.value.sentences]


INVALID: list[tuple[str, list[str]]] = [
    ("mode = 'canary'", ["2 mode: Input should be 'error' or 'drop'"]),
    ("timeout = 'canary'", ["2 timeout: Input should be a valid number, unable to parse string as a number"]),
    ("within = 'canary'", ["2 within: Input should be a valid dictionary or instance of Bounds"]),
    ("within = {}", ["2 within.maximum: is missing"]),
    (
        "[a.section.within]\nminimum = -1\n",
        ["2 within.maximum: is missing", "3 within.minimum: Input should be greater than or equal to 0"],
    ),
    (
        "within = { maximum = 1, minimun = 1 }",
        ["2 within.minimun: is no key that there is; did you mean minimum?"],
    ),
    (
        "named.x = { maximum = 1,  maximun = 1 }",
        ["2 named.x.maximun: is no key that there is; did you mean maximum?"],
    ),
    (
        "[[a.section.many]]\nmaximum = 1\n[[a.section.many]]\nmaximun = 2",
        ["4 many[1].maximum: is missing", "5 many[1].maximun: is no key that there is; did you mean maximum?"],
    ),
    ("\n\ntimeuot = 'canary'", ["4 timeuot: is no key that there is; did you mean timeout?"]),
    ("xyz = 'canary'", ["2 xyz: is no key that there is"]),
    ("words = [\n'a',\n'canary-1']", ["4 words[1]: is wrong, as '…' and … are"]),
    ("words = ['''it's a \"canary\"''']", ["2 words[0]: is wrong, as '…' and … are"]),
    ("timeout = 101", ["1: a.section: timeout is longer than 100 s"]),
    (
        "either = 'canary'",
        [
            "2 either: Input should be a valid integer, unable to parse string as an integer",
            "2 either: Input should be a valid tuple",
        ],
    ),
    (
        "either = ['canary']",
        [
            "2 either: Input should be a valid integer",
            "2 either[0]: Input should be a valid integer, unable to parse string as an integer",
        ],
    ),
    ("tagged = { kind = 'canary' }", ["2 tagged: is none of the kinds that there are"]),
    ("tagged = { first = 1 }", ["2 tagged: is none of the kinds that there are"]),
    ("tagged = { kind = 'one', frist = 1 }", ["2 tagged.frist: is no key that there is; did you mean first?"]),
]


@pytest.mark.parametrize(("text", "told"), INVALID)
def test_a_section_that_does_not_fit(tmp_path: Path, text: str, told: list[str]) -> None:
    """Each thing is told at its line, with what would fit, and without what stands there."""
    assert complaints(tmp_path, text) == told


def test_a_section_that_fits(tmp_path: Path) -> None:
    """Nothing is told of it."""
    file = tmp_path / "profiles.toml"
    file.write_text("[section]\nmode = 'drop'\nwords = ['a', 'b']\nmany = [{ maximum = 3 }]", encoding="utf-8")
    source = Source.read(file)
    section = validated(source, ("section",), Section, source.tables["section"])
    source.check()
    assert section == Section(mode="drop", words=("a", "b"), many=(Bounds(maximum=3),))


@pytest.mark.parametrize(
    ("value", "table"), [({}, True), ({"a": 1}, True), ("canary", False), ([{}], False), (1, False)]
)
def test_what_is_a_table(tmp_path: Path, value: Any, table: bool) -> None:  # noqa: FBT001 - a table's column
    """Whatever is none is complained of."""
    file = tmp_path / "profiles.toml"
    file.write_text("a = 1", encoding="utf-8")
    source = Source.read(file)
    assert is_table(source, ("a",), value) is table
    assert source.complaints == ([] if table else [(1, f"{file}:1: a: is no table")])


def test_keys_that_are_known(tmp_path: Path) -> None:
    """Stay; the others are complained of, with the one that they resemble."""
    file = tmp_path / "profiles.toml"
    file.write_text("voice = 1\nvoices = 2\nx = 3", encoding="utf-8")
    source = Source.read(file)
    assert known_keys(source, (), source.tables, ["speed", "voice"]) == {"voice": 1}
    assert sorted(source.complaints) == [
        (2, f"{file}:2: voices: is no key that there is; did you mean voice?"),
        (3, f"{file}:3: x: is no key that there is"),
    ]
