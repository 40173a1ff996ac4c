from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import Ended, Ending
from app.protocol.catalogue import GenerationName
from app.upstream.providers import Address, Target, Targets, address

AZURE = {"provider": "azure", "endpoint": "https://r.openai.azure.com/", "deployment": "rt"}
PREVIEW = {**AZURE, "provider": "azure-preview"}
OPENAI = {"provider": "openai", "deployment": "gpt-realtime", "api_key": "sk-canary"}
VOICE_LIVE = {
    "provider": "compatible",
    "endpoint": "wss://r.services.ai.azure.com/voice-live/realtime?api-version=2025-10-01&model=gpt-4o",
}
SIMULATOR = {"provider": "simulator", "endpoint": "http://127.0.0.1:9000"}

ENTRA = "https://cognitiveservices.azure.com/.default"


def target(fields: dict[str, Any], **more: Any) -> Target:
    return Target.model_validate({**fields, **more})


ADDRESSES = [
    (AZURE, {}, "wss://r.openai.azure.com/openai/v1/realtime?model=rt", "ga"),
    (AZURE, {"deployment": "a/b c&d"}, "wss://r.openai.azure.com/openai/v1/realtime?model=a%2Fb%20c%26d", "ga"),
    (
        PREVIEW,
        {"api_version": "2024-12-17"},
        "wss://r.openai.azure.com/openai/realtime?api-version=2024-12-17&deployment=rt",
        "preview",
    ),
    (
        PREVIEW,
        {},
        "wss://r.openai.azure.com/openai/realtime?api-version=2025-04-01-preview&deployment=rt",
        "preview",
    ),
    (OPENAI, {}, "wss://api.openai.com/v1/realtime?model=gpt-realtime", "ga"),
    (
        OPENAI,
        {"endpoint": "https://eu.api.openai.com/v1"},
        "wss://eu.api.openai.com/v1/realtime?model=gpt-realtime",
        "ga",
    ),
    (VOICE_LIVE, {}, VOICE_LIVE["endpoint"], "ga"),
    (VOICE_LIVE, {"generation": "preview"}, VOICE_LIVE["endpoint"], "preview"),
    (SIMULATOR, {}, "ws://127.0.0.1:9000/openai/v1/realtime", "ga"),
    (SIMULATOR, {"deployment": " m\n"}, "ws://127.0.0.1:9000/openai/v1/realtime?model=m", "ga"),
    (SIMULATOR, {"deployment": "m"}, "ws://127.0.0.1:9000/openai/v1/realtime?model=m", "ga"),
]


@pytest.mark.parametrize(("fields", "more", "url", "generation"), ADDRESSES)
def test_address(fields: dict[str, Any], more: dict[str, Any], url: str, generation: GenerationName) -> None:
    """Each provider has its own path and name for the deployment, which is percent-encoded."""
    assert Address(url, generation) == address(target(fields, **more))


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        (AZURE, "wss://r.openai.azure.com/openai/v1/realtime?intent=transcription"),
        (
            PREVIEW,
            "wss://r.openai.azure.com/openai/realtime?api-version=2025-04-01-preview&intent=transcription",
        ),
        (OPENAI, "wss://api.openai.com/v1/realtime?intent=transcription"),
        (
            VOICE_LIVE,
            "wss://r.services.ai.azure.com/voice-live/realtime?api-version=2025-10-01&intent=transcription",
        ),
        ({"provider": "compatible", "endpoint": "ws://[::1]:1/x"}, "ws://[::1]:1/x?intent=transcription"),
    ],
)
def test_address_of_a_transcription_session(fields: dict[str, Any], url: str) -> None:
    """The intent stands in the URL, and no deployment does: Azure answers 400 to both together."""
    assert url == address(target(fields), transcription=True).url


@pytest.mark.parametrize(
    ("fields", "more", "headers", "scope"),
    [
        (AZURE, {"api_key": "canary"}, {"api-key": "canary"}, None),
        (AZURE, {"api_key": "canary\n", "scope": "s"}, {"api-key": "canary"}, None),
        (AZURE, {"api_key": SecretStr("canary")}, {"api-key": "canary"}, None),
        (AZURE, {"api_key": "canary", "key_header": "authorization"}, {"Authorization": "Bearer canary"}, None),
        (AZURE, {}, {}, ENTRA),
        (AZURE, {"api_key": ""}, {}, ENTRA),
        (PREVIEW, {"scope": "https://ai.azure.com/.default"}, {}, "https://ai.azure.com/.default"),
        (OPENAI, {}, {"Authorization": "Bearer sk-canary"}, None),
        (VOICE_LIVE, {"api_key": "canary"}, {"api-key": "canary"}, None),
        (VOICE_LIVE, {"scope": ENTRA}, {}, ENTRA),
        (VOICE_LIVE, {}, {}, None),
        ({**VOICE_LIVE, "endpoint": "wss://x.example/"}, {"api_key": "c"}, {"Authorization": "Bearer c"}, None),
        (
            {**VOICE_LIVE, "endpoint": "wss://x.example/"},
            {"api_key": "c", "key_header": "api-key"},
            {"api-key": "c"},
            None,
        ),
        (SIMULATOR, {"api_key": "canary"}, {"Authorization": "Bearer canary"}, None),
        (SIMULATOR, {}, {}, None),
    ],
)
def test_credential(
    fields: dict[str, Any], more: dict[str, Any], headers: dict[str, str], scope: str | None
) -> None:
    """A key goes in the header of its kind of service; without one Azure gets an Entra token."""
    made = target(fields, **more)
    assert (headers, scope) == (made.key_headers(), made.entra_scope)


@pytest.mark.parametrize(
    ("fields", "more", "sentence"),
    [
        ({"endpoint": "https://x"}, {}, "provider"),
        (AZURE, {"provider": "other"}, "provider"),
        (AZURE, {"misspelt": "x"}, "misspelt"),
        (AZURE, {"deployment": ""}, "DEPLOYMENT"),
        (AZURE, {"endpoint": ""}, "ENDPOINT"),
        (AZURE, {"api_version": "2025-04-01-preview"}, "API_VERSION"),
        (AZURE, {"generation": "preview"}, "GENERATION"),
        (PREVIEW, {"generation": "ga"}, "GENERATION"),
        (AZURE, {"api_key": "can\nary"}, "API_KEY"),
        (AZURE, {"api_key": "canaryé"}, "API_KEY"),
        (OPENAI, {"api_key": None}, "API_KEY"),
        (AZURE, {"models": "[canary"}, "models"),
        (AZURE, {"endpoint": "http://r.openai.azure.com"}, "INSECURE=true"),
        (SIMULATOR, {"endpoint": "ws://simulator:9000"}, "INSECURE=true"),
        ({**VOICE_LIVE, "endpoint": "ws://10.0.0.1/x"}, {}, "INSECURE=true"),
    ],
)
def test_a_mistake_is_told_by_the_name_of_the_setting(
    fields: dict[str, Any], more: dict[str, Any], sentence: str
) -> None:
    """A target that could not be dialled is refused when it is configured, and its key is never quoted."""
    with pytest.raises(ValidationError) as caught:
        target(fields, **more)
    assert sentence in str(caught.value)
    assert "canary" not in str(caught.value)


def test_something_else_than_fields_is_refused() -> None:
    """A target is an object."""
    with pytest.raises(ValidationError):
        Target.model_validate("azure")


@pytest.mark.parametrize(
    "more",
    [
        {"endpoint": "http://simulator:9000", "insecure": True},
        {"endpoint": "ws://localhost:1"},
        {"generation": "ga"},
    ],
)
def test_plain_connections_where_they_are_harmless_or_asked_for(more: dict[str, Any]) -> None:
    """Loopback may be dialled without TLS, and so may what the operator calls insecure."""
    assert address(target(SIMULATOR, **more)).url.startswith("ws://")


def test_key_and_token_are_not_shown() -> None:
    """A target can be printed: its key is starred out."""
    assert "canary" not in repr(target(OPENAI))


@pytest.mark.parametrize(
    ("given", "expected"),
    [("a, b,,c ", ("a", "b", "c")), ('["a", "b"]', ("a", "b")), (["a", "b"], ("a", "b")), ("", ()), ((), ())],
)
def test_models_may_be_a_list_or_a_text(given: Any, expected: tuple[str, ...]) -> None:
    """In the environment the names stand in one text, with commas."""
    assert expected == target(AZURE, models=given).models


def test_a_target_can_be_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field is a variable; names with commas need no JSON, and a number is a name."""
    given = {"PROVIDER": "azure", "ENDPOINT": "https://r.openai.azure.com", "DEPLOYMENT": "4", "MODELS": "x, y"}
    for name, value in {**given, "SCOPE": "", "KEY_HEADER": "api-key"}.items():
        monkeypatch.setenv(f"TEST_TARGETS__MAIN__{name}", value)

    class Read(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="TEST_", env_nested_delimiter="__")
        targets: dict[str, Target] = {}

    read = Read().targets["main"]
    assert (read.deployment, read.models, read.key_header) == ("4", ("x", "y"), "api-key")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [(AZURE, True), (PREVIEW, True), (VOICE_LIVE, True), (OPENAI, False), (SIMULATOR, False)],
)
def test_azure_is_told_by_provider_or_host(fields: dict[str, Any], *, expected: bool) -> None:
    """A compatible service on an Azure host is Azure's."""
    assert target(fields).azure is expected


def test_without_models_any_name_means_the_first() -> None:
    """Where no target lists names, an SDK's own default model is as good as any."""
    targets = Targets({"b": target(AZURE), "a": target(OPENAI)}, ["a", "b"])
    assert {targets.find(model)[0] for model in (None, "", "gpt-4o-realtime-preview")} == {"a"}


def test_with_models_the_name_decides() -> None:
    """The first target in order that lists the name answers to it; no name is the first target's."""
    targets = Targets(
        {
            "one": target(AZURE, models=["x", "y"]),
            "two": target(AZURE, models=["y", "z"]),
            "three": target(AZURE),
        },
        ["two", "one", "three"],
    )
    names = {model: targets.find(model)[0] for model in (None, "x", "y", "z")}
    assert names == {None: "two", "x": "one", "y": "two", "z": "two"}
    assert targets.find("x")[1] is targets.targets["one"]


def test_an_unknown_name_is_told_the_known_ones() -> None:
    """With lists, an unknown model ends the attempt, in words that tell the allowed names."""
    targets = Targets({"one": target(AZURE, models=["x", "y"])})
    with pytest.raises(Ended) as caught:
        targets.find("nope")
    assert caught.value.ending is Ending.NO_SUCH_MODEL
    assert caught.value.message == "This relay serves no such model. It serves: x, y."


@pytest.mark.parametrize("order", [[], ["a"], ["a", "b", "c"], ["a", "a", "b"], ["a", "x"]])
def test_the_order_of_several_targets_must_be_told(order: list[str]) -> None:
    """The order of the environment is none: with several targets each must be named, once."""
    with pytest.raises(ValueError, match="RELAY_TARGET_ORDER must name each target once: a, b"):
        Targets({"a": target(AZURE), "b": target(AZURE)}, order)


def test_an_order_of_one_target_must_name_it() -> None:
    """With one target an order may be left out, but not be wrong."""
    with pytest.raises(ValueError, match="RELAY_TARGET_ORDER"):
        Targets({"a": target(AZURE)}, ["b"])


def test_no_target_is_a_mistake() -> None:
    """A relay without targets has nowhere to go, and says which setting gives it one."""
    with pytest.raises(ValueError, match="RELAY_TARGETS__<NAME>__PROVIDER"):
        Targets({})
