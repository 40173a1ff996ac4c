"""A tool that searches the text files in the folder `documents` beside it.

SQLite's full-text index does the work, in memory: nothing to install and nothing to keep. It is built at the first
question and asked in a thread, since no tool may hold up the sessions of others.
"""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

__all__ = ["Found", "Passage", "Search", "search"]

DOCUMENTS = Path(__file__).parent / "documents"
BEST = 3
"""Passages of one answer: enough to answer from, and few enough to be read aloud from."""
# fmt: off
COMMON = frozenset((
    "a", "about", "am", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from",
    "get", "have", "how", "i", "if", "in", "is", "it", "many", "may", "me", "much", "my", "no", "not", "of",
    "on", "or", "our", "so", "that", "the", "there", "they", "this", "to", "us", "we", "what", "when",
    "where", "which", "who", "why", "will", "with", "you", "your",
))
# fmt: on
"""Words that every page has; a question of nothing else finds nothing."""

asking = threading.Lock()


class Search(BaseModel):
    """What to look for."""

    query: str = Field(max_length=500, description="The question, or its key words, in English.")


class Passage(BaseModel):
    """One section of a document."""

    source: str
    text: str


class Found(BaseModel):
    """The passages that fit best, the best first; none where nothing fits."""

    passages: list[Passage]


async def search(arguments: Search) -> Found:
    """Search the employee handbook. Call this before you answer anything about the company, its rules or benefits.

    Returns the passages that fit best, each with its source.
    """
    return Found(passages=await asyncio.to_thread(best_passages, arguments.query))


def best_passages(query: str) -> list[Passage]:
    """Return the passages that hold the most, and the rarest, of the words of the query."""
    words = [word for word in re.findall(r"\w+", query.lower()) if word not in COMMON]
    # Each word as a quoted string: inside quotes, FTS5 knows no operators.
    match = " OR ".join(f'"{word}"' for word in words)
    if not match:
        return []
    with asking:
        rows = index().execute(
            "SELECT source, text FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, 2.0, 1.0) LIMIT ?",
            (match, BEST),
        )
        return [Passage(source=source, text=text) for source, text in rows]


@cache
def index() -> sqlite3.Connection:
    """Return the index of all documents; built once."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE VIRTUAL TABLE passages USING fts5(source, text, tokenize = 'porter unicode61')")
    database.executemany("INSERT INTO passages VALUES (?, ?)", sections())
    return database


def sections() -> Iterator[tuple[str, str]]:
    """Yield source and text of each section: a document's title, and what stands under each `##` of it."""
    for path in sorted(DOCUMENTS.glob("*.md")):
        title, *parts = re.split(r"^##\s+", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for part in parts:
            heading, _, text = part.partition("\n")
            yield f"{title.splitlines()[0].removeprefix('# ')}: {heading.strip()}", " ".join(text.split())
