"""Reading the documentation: its pages, their sections, the command lines in them, and the output that they promise."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")))
PROGRAM = "engage-accounts"


class Example(NamedTuple):
    """A command line on a page, its arguments, and the output that a console block promises for it."""

    page: str
    line: str
    arguments: tuple[str, ...]
    output: str

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def text(page: str) -> str:
    """A page of docs/."""
    return (DOCS / page).read_text("utf-8")


def sections(page: str) -> dict[str, str]:
    """The sections of the second level, by their heading."""
    parts = re.split(r"^## (.+)$", text(page), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fences(markdown: str, language: str) -> Iterator[str]:
    """The fenced blocks of one language."""
    yield from re.findall(rf"^ *```{language}\n(.*?)^ *```$", markdown, flags=re.M | re.S)


def shell_lines() -> list[Example]:
    """Every line of a shell block that calls the program."""
    found = []
    for path in PAGES:
        for block in fences(path.read_text("utf-8"), "sh"):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if PROGRAM in words[:1]:
                    found.append(Example(path.name, line.strip(), _arguments(words), ""))
    return found


def console_examples(page: str) -> list[Example]:
    """Every command of a page's console blocks with what stands under it."""
    found = []
    for block in fences(text(page), "console"):
        parts = re.split(r"^\$ (.+)$", block, flags=re.M)
        for line, output in zip(parts[1::2], parts[2::2], strict=True):
            found.append(Example(page, line, _arguments(shlex.split(line)), output.strip("\n")))
    return found


def _arguments(words: list[str]) -> tuple[str, ...]:
    """The words after the program's name, up to where the shell takes over."""
    end = next((i for i, word in enumerate(words) if word in ("|", "||", "&&", ">", "2>&1")), len(words))
    return tuple(words[1:end])


def anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^ *```.*?^ *```$", "", markdown, flags=re.M | re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
