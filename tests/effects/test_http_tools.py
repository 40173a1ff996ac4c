"""Tools that are HTTP endpoints of the operator's."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import ValidationError

from app.effects import HttpToolConfig, Toolbox
from tests.effects.service import CANARY, Service, call, streaming

Opened = Callable[..., Awaitable[Toolbox]]

ORDER = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "note": {"type": "string"}},
    "required": ["id"],
}


@pytest.fixture
def tool(opened: Opened, service: Service) -> Callable[..., Awaitable[Toolbox]]:
    """Return a function that opens a toolbox with the tool `it` at a path of the service's."""

    async def make(path: str = "/x", **how: Any) -> Toolbox:
        config = HttpToolConfig(url=service.base + path, description="It.", **how)
        return await opened({"it": config}, hosts=[service.host], environ={"KEY": CANARY})

    return make


async def test_definition_is_what_the_operator_wrote(tool: Opened) -> None:
    """Closed against other arguments, which the model is told."""
    toolbox = await tool(parameters=ORDER)
    assert toolbox.tools["it"].definition == {
        "type": "function",
        "name": "it",
        "description": "It.",
        "parameters": {**ORDER, "additionalProperties": False},
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_arguments_go_into_path_and_query(tool: Opened, service: Service, method: str) -> None:
    """What has no place in the URL is added to the query."""
    toolbox = await tool("/orders/{id}?v=1", method=method, parameters=ORDER)
    await call(toolbox, "it", {"id": "a/b", "note": "x y"})
    seen = service.seen[0]
    assert (seen.method, seen.target, seen.body) == (method, "/orders/a%2Fb?v=1&note=x%20y", b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_arguments_go_into_path_and_body(tool: Opened, service: Service, method: str) -> None:
    """What has no place in the URL is the JSON body."""
    toolbox = await tool("/orders/{id}", method=method, parameters=ORDER)
    await call(toolbox, "it", {"id": "7", "note": "x"})
    seen = service.seen[0]
    assert (seen.method, seen.target, seen.body) == (method, "/orders/7", b'{"note":"x"}')


@pytest.mark.parametrize("arguments", [{}, {"id": 7}, {"id": "7", "admin": True}, {"id": "../users"}, []])
async def test_invalid_arguments_do_not_go_out(tool: Opened, service: Service, arguments: object) -> None:
    """The model is told what to mend, and the server is not asked."""
    toolbox = await tool("/orders/{id}", parameters=ORDER)
    assert json.loads(await call(toolbox, "it", arguments))["error"] == "invalid arguments"
    assert service.seen == []


async def test_argument_does_not_repeat_what_the_query_has(tool: Opened, service: Service) -> None:
    """Where the schema is open, the operator's own parameters are still the operator's."""
    toolbox = await tool("/x?tenant=a", parameters={"type": "object", "additionalProperties": True})
    told = json.loads(await call(toolbox, "it", {"tenant": "b"}))
    assert told["details"] == [{"loc": ["tenant"], "msg": "may not be given"}]
    await call(toolbox, "it", {"free": "b"})
    assert [each.target for each in service.seen] == ["/x?tenant=a&free=b"]


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        ({"text": '{"a":1}', "content_type": "application/json"}, '{"a":1}'),
        ({"text": "plain"}, "plain"),
        ({"status": 204}, '{"result":null}'),
        (
            {"status": 404, "text": "no such order"},
            '{"error":"the tool answered with HTTP 404","body":"no such order"}',
        ),
        ({"status": 500}, '{"error":"the tool answered with HTTP 500","body":""}'),
        ({"status": 304}, '{"error":"the tool answered with HTTP 304","body":""}'),
        ({"body": b"\xff" * 90}, "\ufffd" * 90),
        ({"body": b"x" * 101}, '{"error":"the tool\'s output was too large","limit_in_bytes":100}'),
    ],
)
async def test_answer_is_told(tool: Opened, service: Service, answer: dict[str, Any], output: str) -> None:
    """The body as it is, or what went wrong."""
    service.answer("/x", **answer)
    assert await call(await tool(max_output=100), "it") == output


async def test_body_of_an_error_is_bounded(tool: Opened, service: Service) -> None:
    """An endless error page is cut."""
    service.answer("/x", status=500, body=b"x" * 100_000)
    assert len(json.loads(await call(await tool(), "it"))["body"]) == 4096


async def test_endless_body_is_too_large(tool: Opened, service: Service) -> None:
    """What does not end is not waited for."""
    service.answers["/x"] = streaming(b"x" * 1000)
    assert json.loads(await call(await tool(), "it"))["error"] == "the tool's output was too large"


async def test_slow_body_takes_too_long(tool: Opened, service: Service) -> None:
    """The time is for the whole answer, not for its beginning."""
    service.answers["/x"] = streaming(b"x", service)
    assert await call(await tool(timeout=0.1), "it") == '{"error":"the tool took too long"}'


async def test_secret_from_the_environment_is_sent(tool: Opened, service: Service) -> None:
    """The header holds it, with what stands around it."""
    toolbox = await tool(headers={"api-key": "Key ${KEY}"})
    await call(toolbox, "it")
    assert service.seen[0].headers["api-key"] == f"Key {CANARY}"


async def test_missing_secret_is_named_when_it_opens(tool: Opened) -> None:
    """No call is made without it."""
    with pytest.raises(ValueError, match="The environment variable OTHER is not set"):
        await tool(headers={"api-key": "${OTHER}"})


async def test_host_that_is_not_listed_is_an_error_when_it_opens(opened: Opened) -> None:
    """A tool goes nowhere that the list does not name."""
    config = HttpToolConfig(url="https://example.com/{a}", description="It.", parameters=of_a("string"))
    with pytest.raises(ValueError, match=r"'example\.com' is not in the list of hosts"):
        await opened({"it": config}, hosts=["example.org"])


def of_a(kind: str, *, required: bool = True) -> dict[str, Any]:
    """Return a schema with one parameter."""
    return {"type": "object", "properties": {"a": {"type": kind}}, "required": ["a"] if required else []}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"url": "https://{a}/", "parameters": of_a("string")}, "braces nowhere else"),
        ({"url": "https://x/{a}"}, "'{a}' must be a required parameter"),
        ({"url": "https://x/{a}", "parameters": of_a("string", required=False)}, "must be a required parameter"),
        ({"url": "https://x/{a}", "parameters": of_a("array")}, "that is no array or object"),
        (
            {"url": "https://x/?a=1", "parameters": of_a("string")},
            "The parameter 'a' is in the URL's query already",
        ),
        ({"url": "https://x/", "parameters": {"type": "array"}}, "a JSON schema of type object"),
        ({"url": "https://x/", "parameters": {"type": "object", "properties": 1}}, "a JSON schema of type object"),
        ({"url": "https://x/", "method": "TRACE"}, "Input should be 'GET'"),
        ({"url": "https://x/", "description": ""}, "at least 1 character"),
    ],
)
def test_flawed_configuration_is_refused(config: dict[str, Any], sentence: str) -> None:
    """It is refused when it is read, in words for the operator."""
    with pytest.raises(ValidationError) as refused:
        HttpToolConfig.model_validate({"description": "It.", **config})
    assert sentence in str(refused.value)


def test_configuration_does_not_show_headers() -> None:
    """Neither its `repr` nor an error about it holds what may be a secret."""
    config = {"url": "https://x/", "description": "It.", "headers": {"api-key": CANARY}}
    assert CANARY not in repr(HttpToolConfig.model_validate(config))
    with pytest.raises(ValidationError) as refused:
        HttpToolConfig.model_validate({**config, "headers": [CANARY]})
    assert CANARY not in str(refused.value)
