"""The table of what is measured."""

from bench.variants import BASE, DIRECT, HERE, VARIANTS, chosen, filled


def test_each_relay_has_its_name() -> None:
    """The base and the direct way are among them."""
    names = [each.name for each in VARIANTS]
    assert len(names) == len(set(names))
    assert {BASE, DIRECT.name} <= set(names)


def test_all_places_are_filled() -> None:
    """In arguments, environment and files."""
    for each in VARIANTS:
        for text in (*each.command, *each.env.values(), *each.files.values()):
            left = filled(text, port=1, upstream=2, folder="/tmp/x")  # noqa: S108 - a word
            assert not any(f"{{{place}}}" in left for place in ("port", "upstream", "folder", "here", "python"))


def test_a_choice_keeps_what_all_are_compared_with() -> None:
    """The direct way is always there."""
    wanted, _ = chosen({"ours"}, litellm=None)
    assert {"direct", "ours"} <= {each.name for each in wanted} <= {"direct", "nginx", "ours"}


def test_litellm_is_measured_where_it_is_named() -> None:
    """By the program that was named."""
    wanted, _ = chosen({"ours"}, litellm="/opt/litellm")
    assert wanted[-1].command[0] == "/opt/litellm"


def test_the_scripts_of_the_peers_are_there() -> None:
    """Each row names one that exists."""
    scripts = [part for each in VARIANTS for part in each.command if "/peers/" in part]
    assert all((HERE / part.removeprefix("{here}/")).exists() for part in scripts)
    assert scripts
