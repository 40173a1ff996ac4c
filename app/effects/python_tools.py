"""Tools that are Python functions in the relay's own process.

`async def f(arguments: SomeModel)`, or with a second parameter for the `ToolContext`. The pydantic model says what
the arguments are: its JSON schema is the tool's `parameters`, and no function is called with others. It returns
text, a dict, a list, a model or None.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from app.effects.arguments import invalid
from app.effects.calling import ToolConfig, ToolContext, as_text, bounded, definition
from app.effects.functions import load, takes

__all__ = ["PythonTool", "PythonToolConfig"]


class PythonToolConfig(ToolConfig):
    """A tool that is an async Python function."""

    python: str = Field(description="`module:function`.")
    description: str = Field(default="", description="For the model; the function's docstring where empty.")


class _Untitled(GenerateJsonSchema):
    """A schema without titles: each field's is its name again, and every session pays for them in tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the interface's
        return False


class PythonTool:
    """One function. Raises `ValueError` where it cannot be a tool."""

    def __init__(self, name: str, config: PythonToolConfig) -> None:
        self.config = config
        self._function = load(config.python)
        hints = takes(self._function, config.python)
        self._model = _model(hints[0], config.python)
        self._in_context = len(hints) > 1
        description = config.description or inspect.getdoc(self._function) or ""
        if not description:
            raise ValueError(f"'{config.python}' needs a docstring, or a description beside it.")
        self.definition = definition(name, description, _schema(self._model, config.python))

    async def call(self, arguments: str, context: ToolContext) -> str:
        """Call the function with what the model gave, once that is valid."""
        try:
            given = self._model.model_validate_json(arguments.strip() or "{}")
        except ValidationError as error:
            raise invalid(_details(error)) from None
        result = await (self._function(given, context) if self._in_context else self._function(given))
        return bounded(as_text(result), self.config.max_output)


def _model(hint: Any, path: str) -> type[BaseModel]:
    if not (isinstance(hint, type) and issubclass(hint, BaseModel)):
        raise ValueError(f"'{path}': the first argument must be annotated with a pydantic model.")  # noqa: TRY004 - for the loader
    return hint


def _schema(model: type[BaseModel], path: str) -> Mapping[str, Any]:
    schema = model.model_json_schema(schema_generator=_Untitled)
    if schema.get("type") != "object":
        raise ValueError(f"'{path}': the arguments must be an object.")
    return {key: value for key, value in schema.items() if key != "title"}


def _details(error: ValidationError) -> list[Mapping[str, Any]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"loc": each["loc"], "msg": each["msg"]} for each in found]
