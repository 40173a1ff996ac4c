"""Functions that an operator names: found and looked at before anybody calls them."""

import pytest

from app.effects.functions import load, takes
from tests.effects import given


def test_function_is_found_by_module_and_name() -> None:
    """`package.module:function` is that function."""
    assert load("tests.effects.given:weather").__name__ == given.weather.__name__


HERE = "tests.effects.given"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("weather", "names no function; write 'module:function'."),
        (f"{HERE}:", "names no function; write 'module:function'."),
        ("no_such_module_here:f", "there is no module 'no_such_module_here'."),
        ("tests.effects.broken_module:f", "importing the module raised RuntimeError."),
        (f"{HERE}:missing", "is no async function."),
        (f"{HERE}:plain", "is no async function."),
        (f"{HERE}:NOT_A_FUNCTION", "is no async function."),
        (f"{HERE}:none_at_all", "must take one argument, or one and the context."),
        (f"{HERE}:too_many", "must take one argument, or one and the context."),
        (f"{HERE}:by_name", "must take one argument, or one and the context."),
        (f"{HERE}:unreadable", "has annotations that can't be read (NameError)."),
    ],
)
def test_what_cannot_be_called_is_refused_with_a_sentence(path: str, sentence: str) -> None:
    """The sentence names the path, and says nothing that an exception said."""
    with pytest.raises(ValueError, match=rf"^'{path}'") as refused:
        load(path)
    assert str(refused.value).removeprefix(f"'{path}'").lstrip(": ") == sentence


def test_annotations_are_told_by_place() -> None:
    """A parameter without one is None."""
    assert takes(given.bare, "x") == [None]
