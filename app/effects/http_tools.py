"""Tools that are HTTP endpoints of the operator's.

The operator says what the arguments are and where each goes: into its place in the URL, else into the query (GET,
DELETE) or the JSON body (POST, PUT, PATCH). An argument that is not in the schema goes nowhere, unless the schema
says `additionalProperties`.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from pydantic import Field, field_validator, model_validator

from app.effects.addressing import UrlTemplate
from app.effects.arguments import invalid, read_object, refuse_misfits
from app.effects.calling import ToolConfig, ToolContext, ToolFailure, bounded, definition
from app.effects.environment import headers_from
from app.effects.outgoing import Answer, Asked, Outgoing

__all__ = ["HttpTool", "HttpToolConfig"]

SCALARS = ("string", "integer", "number", "boolean")
MAX_ERROR_BODY = 4096
"""Bytes of an error's body that the model reads."""
FIRST_ERROR = 300
"""A redirect that reaches a tool was not one to follow."""


class HttpToolConfig(ToolConfig):
    """A tool that is an HTTP endpoint."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(default="GET", description="HTTP method.")
    url: str = Field(description="Its address; `{argument}` may stand in the path and the query.")
    description: str = Field(min_length=1, description="What the tool does and when to call it, for the model.")
    parameters: Mapping[str, Any] = Field(
        default={"type": "object"},
        validate_default=True,
        description="JSON schema of the arguments, an object.",
    )
    headers: Mapping[str, str] = Field(
        default={}, repr=False, description="Sent with each call; `${NAME}` is taken from the environment."
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        UrlTemplate.of(url)
        return url

    @field_validator("parameters")
    @classmethod
    def _is_an_object(cls, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if parameters.get("type") != "object" or not isinstance(parameters.get("properties", {}), Mapping):
            raise ValueError("The parameters must be a JSON schema of type object.")
        return {"additionalProperties": False, "properties": {}, **parameters}

    @model_validator(mode="after")
    def _agrees(self) -> "HttpToolConfig":
        template, properties = UrlTemplate.of(self.url), self.parameters["properties"]
        for name in template.names:
            kind = properties.get(name, {}).get("type")
            if kind not in SCALARS or name not in self.parameters.get("required", ()):
                raise ValueError(f"'{{{name}}}' must be a required parameter that is no array or object.")
        for name in template.fixed & (properties.keys() - template.names):
            raise ValueError(f"The parameter '{name}' is in the URL's query already.")
        return self


class HttpTool:
    """One endpoint. Raises `ValueError` where its host is not listed or a secret is missing."""

    def __init__(self, name: str, config: HttpToolConfig, outgoing: Outgoing, environ: Mapping[str, str]) -> None:
        self.config = config
        self._outgoing = outgoing
        self._template = UrlTemplate.of(config.url)
        outgoing.hosts.check(UrlTemplate(self._template.base, "/", "").filled({}))
        self._headers = headers_from(config.headers, environ)
        self.definition = definition(name, config.description, config.parameters)

    async def call(self, arguments: str, context: ToolContext) -> str:  # noqa: ARG002 - the endpoint is told nothing
        """Ask the endpoint."""
        given = read_object(arguments)
        refuse_misfits(self.config.parameters, given)
        answer = await self._outgoing.fetch(self._asked(given), self.config.max_output)
        return _told(answer, self.config.max_output)

    def _asked(self, given: Mapping[str, Any]) -> Asked:
        template = self._template
        rest = {name: value for name, value in given.items() if name not in template.names}
        if self.config.method in ("GET", "DELETE"):
            if more := template.fixed & rest.keys():
                raise invalid([{"loc": (name,), "msg": "may not be given"} for name in sorted(more)])
            return Asked(self.config.method, template.filled(given, rest), self._headers)
        content = msgspec.json.encode(rest)
        return Asked(self.config.method, template.filled(given), self._headers, content)


def _told(answer: Answer, limit: int) -> str:
    if answer.status >= FIRST_ERROR:
        body = answer.text[:MAX_ERROR_BODY]
        raise ToolFailure(f"the tool answered with HTTP {answer.status}", body=body)
    if not answer.whole:
        raise ToolFailure("the tool's output was too large", limit_in_bytes=limit)
    return bounded(answer.text, 3 * limit)  # a byte that is no text is shown by three
