"""What follows from handshake, identity and target: the kind of session, names, languages, the first update."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from app.auth.credentials import Handshake, Identity
from app.errors import Ended, Ending
from app.profiles import Profiles
from app.protocol.catalogue import GenerationName
from app.protocol.translation import Spoken, Translation
from app.upstream.providers import Target, Targets
from app.web.admitted import Admitted, Caller, Prepared, spoken, target_for

NOWHERE = cast("Any", None)


def admitted(
    session: dict[str, Any] | None = None,
    *,
    model: str | None = None,
    provider: str = "azure",
    models: tuple[str, ...] = (),
    **handshake: Any,
) -> Admitted:
    """Return a caller with a ticket that was made for this session."""
    given = {"provider": provider, "endpoint": "https://r.example", "deployment": "mine", "api_key": "k"}
    target = Target.model_validate({**given, "models": models})
    identity = Identity("alice", "key", session=None if session is None else json.dumps(session).encode())
    caller = Caller(Handshake("/v1/realtime", **handshake), "name")
    return Admitted(caller, identity, Profiles.load(None)["open"], model, "azure", target)


@pytest.mark.parametrize(
    ("session", "query", "expected"),
    [
        (None, {}, False),
        (None, {"intent": "transcription"}, True),
        ({"type": "realtime"}, {}, False),
        ({"type": "transcription"}, {}, True),
    ],
)
def test_the_url_or_the_ticket_asks_for_a_transcription(session: Any, query: Any, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """Only then does the deployment stand in the session."""
    caller = admitted(session, query=query)
    assert caller.transcription is expected
    assert caller.deployment == ("mine" if expected else None)
    assert spoken(caller).transcription is expected


def test_the_name_that_is_shown() -> None:
    """The one asked for, else the first that the target answers to, else the service's own."""
    assert admitted(model="asked", models=("first",)).shown == "asked"
    assert admitted(models=("first", "second")).shown == "first"
    assert admitted().shown is None


def test_what_the_two_sides_speak() -> None:
    """The client by its handshake, the upstream by its target; a marker decides, a path guesses."""
    marked = spoken(admitted(headers={"openai-beta": "realtime=v1"}))
    assert (marked.client, marked.upstream, marked.decided) == ("preview", "ga", True)
    plain = spoken(admitted(provider="azure-preview", query={"api-version": "2024-12-17"}))
    assert (plain.client, plain.upstream, plain.decided) == ("ga", "preview", False)
    assert plain.client_version == "2024-12-17"


def first_update(caller: Admitted, upstream: GenerationName = "ga") -> bytes | None:
    """Return the first update of a caller's session."""
    prepared = replace(Prepared.of(caller), translation=Translation(Spoken(upstream=upstream)))
    return prepared.first_update()


@pytest.mark.parametrize("session", [None, {}, {"type": "realtime"}, {"type": "transcription"}])
def test_a_ticket_for_nothing_special_updates_nothing(session: Any) -> None:
    """The service's own defaults hold."""
    assert first_update(admitted(session)) is None


def test_a_ticket_that_the_service_cannot_serve() -> None:
    """The refusal names the field."""
    caller = admitted({"type": "realtime", "tools": [{"type": "mcp", "server_label": "canary"}]})
    with pytest.raises(Ended) as ended:
        first_update(caller, "preview")
    assert (ended.value.ending, ended.value.code) == (Ending.BAD_REQUEST, "session_refused")
    assert "session.tools[0]" in ended.value.message
    assert "canary" not in ended.value.message


def imposing(tmp_path: Path) -> Profiles:
    """Return profiles of which one imposes what a preview upstream cannot do, on a target of its own."""
    file = tmp_path / "profiles.toml"
    file.write_text(
        '[profiles.clerk]\nnames = ["clerk"]\n[profiles.clerk.session]\nvoice = { fixed = "marin" }\n'
        '[profiles.aimed]\ntarget = "second"\n'
    )
    return Profiles.load(file)


def test_what_a_profile_imposes_and_the_service_cannot_do_is_the_operators_fault(tmp_path: Path) -> None:
    """The caller learns nothing but that; the log names the profile and the field."""
    caller = replace(admitted(), loaded=imposing(tmp_path)["clerk"])
    with pytest.raises(Ended) as ended:
        first_update(caller, "preview")
    assert ended.value.ending is Ending.UPSTREAM_REFUSED
    assert ended.value.message == Ending.UPSTREAM_REFUSED.value.message
    assert "clerk" in ended.value.detail
    assert "session.audio.output.voice" in ended.value.detail


def test_other_endings_are_whose_they_were() -> None:
    """Only a refused session is looked at."""
    ended = Ended(Ending.UPSTREAM_OVERLOADED)
    assert Prepared.of(admitted()).at_fault(ended) is ended


TARGETS = [
    # the profile, the model asked for, and the target
    ("clerk", None, "first"),
    ("clerk", "clerk", "first"),
    ("clerk", "small", "second"),
    ("aimed", None, "second"),
    ("aimed", "large", "second"),
]


@pytest.mark.parametrize(("profile", "asked", "name"), TARGETS)
def test_the_target_of_a_session(tmp_path: Path, profile: str, asked: str | None, name: str) -> None:
    """The profile's own, else the one that answers to the model; a profile's name need not be a model's."""
    given = {"provider": "azure", "endpoint": "https://r.example", "deployment": "mine", "api_key": "k"}
    first, second = (Target.model_validate({**given, "models": (model,)}) for model in ("large", "small"))
    targets = Targets({"first": first, "second": second}, ("first", "second"))
    assert target_for(imposing(tmp_path)[profile], targets, asked)[0] == name


def test_a_model_that_is_neither_a_targets_nor_the_profiles_is_refused(tmp_path: Path) -> None:
    """It tells the known ones."""
    given = {"provider": "azure", "endpoint": "https://r.example", "deployment": "mine", "api_key": "k"}
    targets = Targets({"first": Target.model_validate({**given, "models": ("large",)})})
    with pytest.raises(Ended) as ended:
        target_for(imposing(tmp_path)["clerk"], targets, "huge")
    assert (ended.value.ending, "large" in ended.value.message) == (Ending.NO_SUCH_MODEL, True)


def judging(tmp_path: Path) -> Profiles:
    """Return profiles of which one judges what a client writes."""
    file = tmp_path / "profiles.toml"
    file.write_text(
        '[profiles.careful]\nbase = "open"\n[profiles.careful.guardrails]\n'
        'user_text = [{ python = "tests.conversations.tooling:decent" }]\n'
    )
    return Profiles.load(file)


def test_a_tickets_session_holds_no_text_that_is_to_be_judged(tmp_path: Path) -> None:
    """Nobody judges before there is a session; what holds no text is as good as ever."""
    loaded = judging(tmp_path)["careful"]
    with pytest.raises(Ended) as ended:
        first_update(replace(admitted({"type": "realtime", "instructions": "canary"}), loaded=loaded))
    assert (ended.value.ending, ended.value.code) == (Ending.BAD_REQUEST, "session_refused")
    assert "canary" not in ended.value.message
    update = first_update(replace(admitted({"type": "realtime", "max_output_tokens": 7}), loaded=loaded))
    assert update is not None
    assert json.loads(update)["session"] == {"type": "realtime", "max_output_tokens": 7}
