"""The wording of our letters: templates that a school can replace, read and checked once before anything is written.

A template is a `string.Template` and nothing more: it can name values, and it can do nothing. Four files make up the
wording, a text and an HTML one for each purpose. A school's folder may hold any of them; a text without an HTML file
beside it is sent as text alone, since the shipped HTML would say something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Literal, Self, get_args

from tui.errors import ConfigError
from tui.text import clean, join_and

Purpose = Literal["welcome", "reset"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PLACEHOLDERS = (
    "greeting", "school", "system", "portal_url", "steps", "username", "link", "expires", "help",
)  # fmt: skip
_IN_SUBJECT = ("school", "system")
_SUBJECT = "subject:"
_USUAL_SUBJECT = {"welcome": "Welcome to $system at $school", "reset": "A new password for $system at $school"}
_MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Wording:
    """What one purpose says: its subject, its text, and its HTML where there is one."""

    subject: Template
    text: Template
    html: Template | None


@dataclass(frozen=True, slots=True)
class Templates:
    """The wording of every purpose, checked."""

    wordings: Mapping[Purpose, Wording]

    @classmethod
    def load(cls, folder: Path | None) -> Self:
        """The templates in a school's folder, and the shipped ones for what it lacks; None is the shipped ones alone.

        Raises ConfigError, which names the file, the line and the placeholder.
        """
        own = _files_in(folder) if folder else {}
        return cls({purpose: _wording(purpose, own, folder) for purpose in PURPOSES})

    @classmethod
    def of(cls, purpose: Purpose, text: str, html: str | None = None) -> Self:
        """The shipped templates with another text and HTML for one purpose."""
        own = {f"{purpose}.txt": text} | ({} if html is None else {f"{purpose}.html": html})
        return cls({other: _wording(other, own, None) for other in PURPOSES})


def _files_in(folder: Path) -> dict[str, str]:
    names = [f"{purpose}.{kind}" for purpose in PURPOSES for kind in ("txt", "html")]
    found = {}
    for name in names:
        try:
            with (folder / name).open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ConfigError(
                f"The template {clean(str(folder / name))} can't be read: {error.strerror}.",
                todo="It must be a text file that you may read.",
            ) from error
        if len(raw) > _MOST_BYTES:
            raise ConfigError(
                f"The template {clean(str(folder / name))} is over {_MOST_BYTES:,} bytes.",
                todo="Pictures belong on a web page, not into the template.",
            )
        try:
            found[name] = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise ConfigError(
                f"The template {clean(str(folder / name))} is not UTF-8 text (line {line}).",
                todo="Save it as UTF-8 in your editor.",
            ) from error
    if not found:
        raise ConfigError(
            f"There is no template in {clean(str(folder))}.",
            means=f"A folder of templates has one or more of {join_and(names)}.",
            todo='Check mail.templates in the config; "" takes the shipped ones.',
        )
    return found


def _wording(purpose: Purpose, own: Mapping[str, str], folder: Path | None) -> Wording:
    text_name, html_name = f"{purpose}.txt", f"{purpose}.html"
    place = {name: clean(str(folder / name)) if folder and name in own else name for name in (text_name, html_name)}
    text = own[text_name] if text_name in own else _shipped(text_name)
    html = own.get(html_name)
    if html is None and text_name not in own:
        html = _shipped(html_name)
    subject, body, first = _without_subject(text)
    if subject is None:
        subject = _USUAL_SUBJECT[purpose]
    elif not clean(subject):
        raise ConfigError(
            f"The template {place[text_name]} has a blank subject (line 1).",
            todo="Write one after `Subject:`, or take the line out for the usual one.",
        )
    return Wording(
        _checked(subject, place[text_name], _IN_SUBJECT, of="the subject"),
        _checked(body, place[text_name], PLACEHOLDERS, first=first, needs_link=True),
        None if html is None else _checked(html, place[html_name], PLACEHOLDERS, needs_link=True),
    )


def _without_subject(text: str) -> tuple[str | None, str, int]:
    """The subject that the first line sets, if it does; the rest; and the number of the rest's first line."""
    first, _, rest = text.partition("\n")
    if not first.lower().startswith(_SUBJECT):
        return None, text, 1
    if rest.partition("\n")[0].strip():
        return first[len(_SUBJECT) :], rest, 2
    return first[len(_SUBJECT) :], rest.partition("\n")[2], 3


def _checked(
    text: str, name: str, allowed: tuple[str, ...], *, of: str = "", first: int = 1, needs_link: bool = False
) -> Template:
    """A template of `text`, passed through the cleaning gate; ConfigError where it is none. `first` is its first line's
    number in the file `name`."""
    names = set()
    for match in Template.pattern.finditer(text):
        line = first + text.count("\n", 0, match.start())
        where = f"line {line}" + (f", {of}" if of else "")
        if match["invalid"] is not None:
            raise ConfigError(
                f"The template {name} has a $ that begins no placeholder ({where}).",
                todo="Write $$ for a dollar sign.",
            )
        used = match["named"] or match["braced"]
        if used and used not in allowed:
            raise ConfigError(
                f"The template {name} has an unknown placeholder: ${clean(used)} ({where}).",
                todo=f"Placeholders there are {join_and([f'${known}' for known in allowed])}.",
            )
        names.add(used)
    if needs_link and "link" not in names:
        raise ConfigError(
            f"The template {name} has no $link.",
            means="Nobody could use the letter.",
            todo="Write $link where the parent is to find it.",
        )
    lines = text.splitlines()
    kept = "\n".join(" " * (len(line) - len(line.lstrip(" "))) + clean(line) for line in lines)
    return Template(kept.strip() if of else kept + "\n")


@lru_cache(maxsize=4)
def _shipped(name: str) -> str:
    from importlib.resources import files

    return files("tui.mail").joinpath("templates", name).read_text(encoding="utf-8")
