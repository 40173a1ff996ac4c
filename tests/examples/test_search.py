"""The example's tool finds what is asked for, whatever is asked."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.effects import PythonToolConfig, Toolbox, ToolContext
from app.policy.tools import ToolCall
from examples.assistant.search import BEST, DOCUMENTS, Search, best_passages, search, sections


@pytest.mark.parametrize(
    ("question", "source", "holds"),
    [
        ("How many days of annual leave do I get?", "Leave and absence: Annual leave", "30 days"),
        ("Can I carry over unused vacation days?", "Leave and absence: Carrying leave over", "end of March"),
        ("what is the hotel limit in Zurich", "Business travel: Hotels", "190"),
        ("passwords", "Security: Passwords", "14 characters"),
        ("My laptop is broken, whom do I call?", "Equipment and IT: When something breaks", "4400"),
        ("kilometres with my own car", "Business travel: By car", "35 cents"),
        ("working from home", "Working hours: Working from home", "three days"),
    ],
)
async def test_question_finds_its_passage(question: str, source: str, holds: str) -> None:
    """The right section is among the best, with its source."""
    found = (await search(Search(query=question))).passages
    assert source in [each.source for each in found]
    assert holds in next(each.text for each in found if each.source == source)
    assert len(found) <= BEST


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "what is the",
        "xylophone",
        '"',
        "'); DROP TABLE passages;--",
        "* OR NEAR( ^ : {",
        "source:",
        "NOT",
        "ü",
    ],
)
async def test_query_that_fits_nothing_finds_nothing(query: str) -> None:
    """Nor is any of it taken for a command."""
    assert (await search(Search(query=query))).passages == []


@given(st.text(max_size=500))
def test_any_text_can_be_asked(query: str) -> None:
    """No text breaks the query, and none breaks the index."""
    assert len(best_passages(query)) <= BEST
    assert best_passages("passwords")[0].source == "Security: Passwords"


async def test_questions_are_answered_side_by_side() -> None:
    """Several sessions share the index."""
    answers = await asyncio.gather(*(search(Search(query="pension")) for _ in range(20)))
    assert {each.passages[0].source for each in answers} == {"Benefits: Pension"}


def test_every_document_has_sections() -> None:
    """A page without headings would never be found."""
    titles = {source.partition(":")[0] for source, text in sections() if text}
    assert len(titles) == len(list(DOCUMENTS.glob("*.md")))


async def test_toolbox_takes_it_as_a_tool() -> None:
    """As the example's profile configures it."""
    toolbox = Toolbox({"search": PythonToolConfig(python="examples.assistant.search:search")})
    await toolbox.open()
    parameters = toolbox.tools["search"].definition["parameters"]
    assert (parameters["required"], list(parameters["properties"])) == (["query"], ["query"])
    effect = toolbox.call(ToolCall("c1", "search", '{"query":"pension"}'), ToolContext("s", "u", "assistant"))
    found = json.loads(str(await effect.run()))
    assert found["passages"][0]["source"] == "Benefits: Pension"
    await toolbox.close()
