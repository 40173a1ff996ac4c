"""Tests of app.environment: names of settings, and sentences about them that hold no value."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field, PositiveInt, SecretStr, ValidationError, model_validator

from app.environment import Variable, example, explained, misspelt, variables


class Door(BaseModel):
    """A nested section."""

    color: Literal["red", "green"] = Field(default="red", description="Its color.")
    open: bool = Field(default=False, description="Whether it stands open.")


def _no_canary(value: str) -> str:
    if "canary" in value:
        raise ValueError("is a bird")
    return value


class House(BaseModel):
    """Settings of every kind."""

    address: str = Field(validation_alias="POST_ADDRESS", description="Where it stands.")
    secret: SecretStr | None = Field(default=None, validation_alias="POST_SECRET", description="What opens it.")
    pin: SecretStr = Field(default=SecretStr("canary"), description="What opens it too.")
    floors: PositiveInt = Field(default=2, description="How many floors it has.")
    tags: tuple[str, ...] = Field(default=("old", "big"), description="What it is like.")
    owners: list[str] = Field(default_factory=list, description="Whose it is.")
    front: Door = Door()
    doors: Mapping[str, Door] = Field(default={}, description="")
    keys: Mapping[str, Annotated[str, AfterValidator(_no_canary)]] = Field(default={}, description="One key each.")
    silent: int | None = None

    @model_validator(mode="after")
    def _not_too_high(self) -> "House":
        if self.floors > 100:
            raise ValueError("100 floors are enough")
        return self


KNOWN = [
    Variable("POST_ADDRESS", "Where it stands.", ""),
    Variable("POST_SECRET", "What opens it.", ""),
    Variable("RELAY_PIN", "What opens it too.", ""),
    Variable("RELAY_FLOORS", "How many floors it has.", "2"),
    Variable("RELAY_TAGS", "What it is like.", "old,big"),
    Variable("RELAY_OWNERS", "Whose it is.", ""),
    Variable("RELAY_FRONT__COLOR", "Its color.", "red"),
    Variable("RELAY_FRONT__OPEN", "Whether it stands open.", "false"),
    Variable("RELAY_DOORS__<NAME>__COLOR", "Its color.", "red"),
    Variable("RELAY_DOORS__<NAME>__OPEN", "Whether it stands open.", "false"),
    Variable("RELAY_KEYS__<NAME>", "One key each.", ""),
    Variable("RELAY_SILENT", "", ""),
]


def test_every_variable_is_listed() -> None:
    """Sections join names by two underscores, mappings put in a name, an alias is the whole name of its field."""
    assert list(variables(House, "RELAY_")) == KNOWN


def test_no_secret_is_a_default() -> None:
    """Whatever a class has as the default of a secret is not written anywhere."""
    assert "canary" not in example(variables(House, "RELAY_"))


def test_an_example_switches_everything_off() -> None:
    """Each variable stands under its description, behind a `#`, with an empty line between."""
    assert example(KNOWN[2:4]) == (
        "# What opens it too.\n# RELAY_PIN=\n\n# How many floors it has.\n# RELAY_FLOORS=2\n"
    )


MISSPELT = [
    ([], None),
    (["PATH", "HOME", "POST_ADRESS"], None),
    (["RELAY_FLOORS", "RELAY_FRONT__COLOR", "RELAY_DOORS__BACK__OPEN", "relay_tags"], None),
    (["RELAY_FRONT__NOTHING"], None),
    (["RELAY_PORT", "RELAY_PORT_8000_TCP_ADDR", "RELAY_SERVICE_HOST", "relay_service_port"], None),
    (["RELAY_FLOOR"], "RELAY_FLOOR is not a setting of this relay. Did you mean RELAY_FLOORS…?"),
    (["relay_floor"], "relay_floor is not a setting of this relay. Did you mean RELAY_FLOORS…?"),
    (["RELAY_KEY__ALICE"], "RELAY_KEY__ALICE is not a setting of this relay. Did you mean RELAY_KEYS…?"),
    (["RELAY_XXXXXXXXXXXXXX"], "RELAY_XXXXXXXXXXXXXX is not a setting of this relay."),
    (
        ["RELAY_FLOORS", "RELAY_TAG", "RELAY_PINN"],
        "RELAY_TAG is not a setting of this relay. Did you mean RELAY_TAGS…?",
    ),
]


@pytest.mark.parametrize(("names", "sentence"), MISSPELT)
def test_misspelt_names(names: list[str], sentence: str | None) -> None:
    """The first name with our prefix that no setting takes is told, with the nearest; Kubernetes' own pass."""
    assert sentence == misspelt(names, KNOWN, "RELAY_")


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: House.model_validate({}), "POST_ADDRESS: Field required."),
    (
        lambda: House.model_validate({"POST_ADDRESS": "here", "floors": "canary"}),
        "RELAY_FLOORS: Input should be a valid integer, unable to parse string as an integer.",
    ),
    (
        lambda: House.model_validate({"POST_ADDRESS": "here", "doors": {"back": {"open": "canary"}}}),
        "RELAY_DOORS__BACK__OPEN: Input should be a valid boolean, unable to interpret input.",
    ),
    (
        lambda: House.model_validate({"POST_ADDRESS": "here", "keys": {"alice": "canary"}}),
        "RELAY_KEYS__ALICE: is a bird.",
    ),
    (
        lambda: House.model_validate({"POST_ADDRESS": "here", "floors": 101}),
        "The settings: 100 floors are enough.",
    ),
    (
        lambda: House.model_validate({"POST_ADDRESS": "here", "floors": 0, "tags": [1]}),
        "RELAY_FLOORS: Input should be greater than 0. RELAY_TAGS__0: Input should be a valid string.",
    ),
    (
        lambda: House.model_validate({"POST_ADDRESS": "here", "silent": "canary"}),
        "AZURE_SILENT: Input should be a valid integer, unable to parse string as an integer.",
    ),
]


@pytest.mark.parametrize(("make", "sentences"), WRONG)
def test_errors_name_the_variable_and_not_its_value(make: Callable[[], object], sentences: str) -> None:
    """One sentence an error, with the name that the operator set; a name that is told wins over one made up."""
    with pytest.raises(ValidationError) as error:
        make()
    said = explained(error.value, "RELAY_", {"silent": "AZURE_SILENT"})
    assert sentences == said
    assert "canary" not in said


def test_an_error_of_the_whole_can_have_a_name() -> None:
    """A section that is checked alone is told under the name that it is given."""
    with pytest.raises(ValidationError) as error:
        House.model_validate({"POST_ADDRESS": "here", "floors": 101})
    assert explained(error.value, "RELAY_", {"": "RELAY_HOUSE"}) == "RELAY_HOUSE: 100 floors are enough."
