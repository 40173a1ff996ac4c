"""Functions that an operator names as `module:function`: found, and looked at, before anybody calls them."""

import importlib
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

__all__ = ["Function", "load", "takes"]

Function = Callable[..., Awaitable[Any]]

MOST = 2
"""Parameters that a function may have: what it works on, and the context."""


def load(path: str) -> Function:
    """Return the async function of that name. Raises `ValueError` with a sentence where there is none.

    A module is imported once in a process, so a changed one takes effect at the next start.
    """
    module_name, _, name = path.partition(":")
    if not module_name or not name:
        raise ValueError(f"'{path}' names no function; write 'module:function'.")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise ValueError(f"'{path}': there is no module '{error.name}'.") from None
    except Exception as error:
        raise ValueError(f"'{path}': importing the module raised {type(error).__name__}.") from error
    function = getattr(module, name, None)
    if not inspect.iscoroutinefunction(function):
        raise ValueError(f"'{path}' is no async function.")
    takes(function, path)
    return function


def takes(function: Function, path: str) -> list[Any]:
    """Return the annotations of a function's one or two parameters; None where one has none."""
    parameters = inspect.signature(function).parameters.values()
    if not 1 <= len(parameters) <= MOST or any(each.kind not in POSITIONAL for each in parameters):
        raise ValueError(f"'{path}' must take one argument, or one and the context.")
    try:
        hints = get_type_hints(function)
    except Exception as error:
        raise ValueError(f"'{path}' has annotations that can't be read ({type(error).__name__}).") from error
    return [hints.get(each.name) for each in parameters]


POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
