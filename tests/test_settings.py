"""The settings: where they come from, what stops the start, and that no sentence repeats a value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.auth.static_keys import StaticKey, hash_key
from app.environment import example
from app.settings import Settings, SettingsError, all_variables, load
from tests.harness import ROOT, configured

AZURE = {"AZURE_OPENAI_ENDPOINT": "https://res.openai.azure.com", "AZURE_OPENAI_DEPLOYMENT_NAME": "voice"}
TARGET_A = {
    "RELAY_TARGETS__A__PROVIDER": "openai",
    "RELAY_TARGETS__A__API_KEY": "k",
    "RELAY_TARGETS__A__DEPLOYMENT": "m",
}
TARGET_B = {name.replace("__A__", "__B__"): value for name, value in TARGET_A.items()}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that loads settings from exactly these variables, and from a file beside."""

    def loaded(variables: Mapping[str, str], env_file: str = "") -> Settings:
        with monkeypatch.context() as patch:
            for variable in all_variables():
                patch.delenv(variable.name, raising=False)
            for name, value in variables.items():
                patch.setenv(name, value)
            path = tmp_path / ".env"
            path.write_text(env_file)
            return load(path)

    return loaded


def test_nothing_set_means_the_simulated_upstream(environment: Any) -> None:
    """Then there are no targets, and the defaults are those of the documentation."""
    settings = environment({})
    assert settings.chosen_targets() is None
    assert settings.session.idle == 600
    assert settings.session.maximum_duration == 3600
    assert settings.session.drain == 25
    assert settings.limits.sessions == 200
    assert settings.client.max_frame == 21 * 2**20
    assert settings.upstream.max_frame == 32 * 2**20
    assert settings.upstream.timeout == 8
    assert not settings.auth.configured


@pytest.mark.parametrize(
    ("version", "provider", "api_version"),
    [
        (None, "azure", None),
        ("v1", "azure", None),
        ("2025-04-01-preview", "azure-preview", "2025-04-01-preview"),
        ("2024-12-17", "azure-preview", "2024-12-17"),
    ],
)
def test_azures_names_make_one_target(
    environment: Any, version: str | None, provider: str, api_version: str | None
) -> None:
    """`OPENAI_API_VERSION` chooses the generation: unset or `v1` is GA, a date is the preview."""
    given = {**AZURE, "AZURE_OPENAI_API_KEY": "canary", **({"OPENAI_API_VERSION": version} if version else {})}
    name, target = environment(given).chosen_targets().find(None)
    assert (name, target.provider, target.api_version) == ("azure", provider, api_version)
    assert (target.endpoint, target.deployment) == ("https://res.openai.azure.com", "voice")
    assert target.api_key.get_secret_value() == "canary"


def test_without_a_key_it_is_entra(environment: Any) -> None:
    """The scope is Azure's usual one, or the one that is set."""
    _, target = environment(AZURE).chosen_targets().find(None)
    assert target.entra_scope == "https://cognitiveservices.azure.com/.default"
    scope = "https://ai.azure.com/.default"
    _, target = environment({**AZURE, "RELAY_UPSTREAM__SCOPE": scope}).chosen_targets().find(None)
    assert target.entra_scope == scope


def test_an_unencrypted_endpoint_elsewhere_needs_a_setting(environment: Any) -> None:
    """Loopback is accepted without ado; another host only when the operator says so."""
    plain = {**AZURE, "AZURE_OPENAI_ENDPOINT": "http://upstream.example"}
    with pytest.raises(SettingsError, match=r"RELAY_UPSTREAM__INSECURE"):
        environment(plain)
    environment({**plain, "RELAY_UPSTREAM__INSECURE": "true"})
    environment({**plain, "AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:1234"})


def test_the_file_is_read_and_the_environment_wins(environment: Any) -> None:
    """`.env` counts like the environment, under it, and empty values count as unset."""
    file = "RELAY_LIMITS__SESSIONS=7\nRELAY_SESSION__IDLE=70\nAZURE_OPENAI_ENDPOINT=\n"
    settings = environment({"RELAY_SESSION__IDLE": "71"}, file)
    assert (settings.limits.sessions, settings.session.idle) == (7, 71)
    assert settings.chosen_targets() is None


def test_lists_are_separated_by_commas(environment: Any) -> None:
    """As people write them; Origins are brought to the form that browsers send."""
    settings = environment({"RELAY_ORIGINS": "https://A.example/, https://b.example:443,http://c.example:8080"})
    assert settings.origins == ("https://a.example", "https://b.example", "http://c.example:8080")


def test_keys_have_names(environment: Any) -> None:
    """Each user's hash stands under the user's name."""
    settings = environment({"RELAY_AUTH__KEYS__ALICE": hash_key("k")})
    assert settings.auth.keys == {"alice": StaticKey(hash_key("k"))}


def test_several_targets_have_an_order(environment: Any) -> None:
    """The order of an environment is none, so it must be told; then the first is the default."""
    targets = environment({**TARGET_A, **TARGET_B, "RELAY_TARGET_ORDER": "b,a"}).chosen_targets()
    assert targets.find(None)[0] == "b"
    assert environment(TARGET_A).chosen_targets().find(None)[0] == "a"


STOPS: list[tuple[dict[str, str], str]] = [
    ({"RELAY_LIMIT__SESSIONS": "1"}, r"RELAY_LIMIT__SESSIONS is not a setting.*RELAY_LIMITS"),
    ({"RELAY_LIMITS__SESIONS": "1"}, r"RELAY_LIMITS__SESIONS"),
    ({"RELAY_LIMITS_SESSIONS": "1"}, r"RELAY_LIMITS_SESSIONS is not a setting"),
    ({"relay_orgins": "https://a.example"}, r"relay_orgins is not a setting.*RELAY_ORIGINS"),
    ({"RELAY_SESSION__IDLE": "canary"}, r"RELAY_SESSION__IDLE: .*number"),
    ({"RELAY_SESSION__IDLE": "-1"}, r"RELAY_SESSION__IDLE: .*greater than 0"),
    ({"RELAY_LOG__FORMAT": "canary"}, r"RELAY_LOG__FORMAT: .*'json' or 'console'"),
    ({"RELAY_AUTH__KEYS__ALICE": "canary"}, r"RELAY_AUTH__KEYS__ALICE: .*key new"),
    ({**AZURE, **TARGET_A}, r"AZURE_OPENAI_ENDPOINT and RELAY_TARGETS__… are both set"),
    ({**AZURE, "AZURE_OPENAI_DEPLOYMENT_NAME": ""}, r"AZURE_OPENAI_DEPLOYMENT_NAME is not"),
    ({**AZURE, "OPENAI_API_VERSION": "canary"}, r"OPENAI_API_VERSION is neither"),
    ({**AZURE, "AZURE_OPENAI_ENDPOINT": "ftp://canary"}, r"AZURE_OPENAI_ENDPOINT: "),
    ({**TARGET_A, **TARGET_B}, r"RELAY_TARGET_ORDER must name all targets.*a, b is missing"),
    ({**TARGET_A, "RELAY_TARGET_ORDER": "a,c"}, r"RELAY_TARGET_ORDER names c"),
    ({**TARGET_A, **TARGET_B, "RELAY_TARGET_ORDER": "a"}, r"RELAY_TARGET_ORDER must name.*b is missing"),
    ({**TARGET_A, "RELAY_TARGETS__A__PROVIDER": "canary"}, r"RELAY_TARGETS__A__PROVIDER: "),
    ({"AZURE_OPENAI_API_KEY": "canary"}, r"AZURE_OPENAI_API_KEY is set, but AZURE_OPENAI_ENDPOINT is not"),
    ({"AZURE_OPENAI_DEPLOYMENT_NAME": "canary"}, r"AZURE_OPENAI_DEPLOYMENT_NAME is set, but"),
    ({"RELAY_ORIGINS": "canary.example"}, r"RELAY_ORIGINS__0: .*no origin"),
    ({"RELAY_AUTH__TICKETS__SECONDS": "900"}, r"RELAY_AUTH__TICKETS: SECONDS is more than MAXIMUM_SECONDS"),
    ({"RELAY_AUTH__EASYAUTH": "true"}, r"RELAY_AUTH__EASYAUTH needs RELAY_TRUSTED_PROXIES"),
    ({"RELAY_TRUSTED_PROXIES": "canary"}, r"RELAY_TRUSTED_PROXIES"),
    ({"RELAY_AUTH__OIDC__X__ISSUER": "http://canary.example"}, r"RELAY_AUTH__OIDC__X__ISSUER: .*https"),
    ({**TARGET_A, "RELAY_TARGETS__A__PORVIDER": "x"}, r"RELAY_TARGETS__A__PORVIDER: "),
    (
        {"RELAY_TARGETS__A__PROVIDER": "openai", "RELAY_TARGETS__A__API_KEY": "canary"},
        r"RELAY_TARGETS__A: .*DEPLOYMENT",
    ),
]


@pytest.mark.parametrize(("variables", "sentence"), STOPS)
def test_a_wrong_setting_stops_the_start_with_its_name(
    environment: Any, variables: dict[str, str], sentence: str
) -> None:
    """Misspelt, invalid or contradictory: the sentence names the variable, and never repeats the value."""
    with pytest.raises(SettingsError, match=sentence) as caught:
        environment(variables)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_misspelling_is_found_in_both_places(environment: Any, where: str) -> None:
    """`.env` is checked like the environment."""
    with pytest.raises(SettingsError, match="RELAY_ORIGIN is not a setting"):
        environment(
            {"RELAY_ORIGIN": "x"} if where == "environment" else {}, "RELAY_ORIGIN=x" if where == "file" else ""
        )


def test_what_kubernetes_injects_is_passed_over(environment: Any) -> None:
    """A service called `relay` puts these into every container beside it."""
    environment(
        {"RELAY_PORT": "tcp://10.0.0.1:80", "RELAY_PORT_80_TCP_ADDR": "x", "RELAY_SERVICE_HOST": "10.0.0.1"}
    )


def test_no_setting_shows_a_secret() -> None:
    """Printing the settings, as a traceback may, shows no key."""
    settings = configured(azure_openai_endpoint="https://a", azure_openai_api_key="canary")
    assert "canary" not in repr(settings)


def test_the_example_file_and_the_readme_are_in_step() -> None:
    """`.env.example` is generated (`make .env.example`), and the README names every variable."""
    assert (ROOT / ".env.example").read_text() == example(all_variables())
    readme = (ROOT / "README.md").read_text()
    assert [variable.name for variable in all_variables() if f"`{variable.name}`" not in readme] == []


def test_every_variable_says_what_it_does() -> None:
    """A setting without a word on it helps nobody."""
    assert [variable.name for variable in all_variables() if not variable.description] == []
