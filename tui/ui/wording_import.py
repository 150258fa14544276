"""Sources, progress and differences of an import as lines and paragraphs. Nothing is decided here."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.style import Style

from tui.domain.difference import Difference, Moved
from tui.domain.import_steps import ImportStep
from tui.domain.reasons import REASON_LABELS, Reason
from tui.manager.previewing import Preview
from tui.manager.sources import Source
from tui.manager.views import TAB_LABELS, Tab
from tui.text import clean, join_and, plural, say_time
from tui.ui import wording
from tui.ui.drawing import BLANK, ELLIPSIS, Para, width_of
from tui.ui.theme import Look
from tui.ui.widgets.entries import SIGNS, Entry, columns

ELSEWHERE = "elsewhere"
"""The key of the entry that asks for a path."""
ACCEPT = "accept"
"""What is typed to import a feed that lost a lot."""
_FEEDS = {
    "csv": "CSV folder",
    "oneroster": "OneRoster",
    "sds": "School Data Sync",
    "sql": "SQL",
    "oneroster-rest": "OneRoster server",
}
_TABS = (Tab.READY_TO_REVOKE, Tab.READY_TO_PROVISION, Tab.ACTIVE, Tab.NO_ACCESS)
_BAR = 30
_STATUS, _KIND, _NUMBER = 20, 12, -9
# What the change log calls the fields of each kind of record.
_LOGGED = {"contacts": ("contact", "account"), "students": ("student",), "links": ("link",), "staff": ("staff",)}


# -- sources -----------------------------------------------------------------------------------------------------------


def key_of(source: Source) -> str:
    """What a source is known by in the list."""
    return f"{source.feed}:{source.shown}"


def entries(sources: Sequence[Source], width: int, look: Look) -> list[Entry]:
    """The sources, two lines each, and below them the way to any other."""
    room = width - SIGNS
    listed = [
        Entry(
            key_of(source),
            (
                ((shown_path(source.shown, room), look.dim if source.wrong else look.title),),
                ((_about(source), _style(source, look)),),
            ),
        )
        for source in sources
    ]
    return [*listed, Entry(ELSEWHERE, ((("Another folder or file ...", None),),))]


def _about(source: Source) -> str:
    parts = [_FEEDS.get(source.feed, ""), f"extract of {say_time(source.taken_at)}" if source.taken_at else ""]
    # The path stands above it already, and would leave no room for what is wrong.
    note = source.note.replace(source.shown, clean(source.path.name)) if source.path is not None else source.note
    return "  " + " · ".join(filter(None, (*parts, note)))


def _style(source: Source, look: Look) -> Style | None:
    return look.warn if source.wrong or source.older else look.dim if source.number else None


def shown_path(path: str, width: int) -> str:
    """A path in at most `width` cells; its end tells it from others, so its beginning gives way."""
    text = path
    home = clean(str(Path.home()))
    if text.startswith(f"{home}/"):
        text = "~" + text[len(home) :]
    if width_of(text) <= width:
        return text
    while text and width_of(text) >= width:
        text = text[1:]
    return ELLIPSIS + text


def source(found: Source | None, look: Look, read: str, path: str) -> list[Para]:
    """What is known of the source under the cursor; `read` and `path`: the keys to read it and to type another."""
    if found is None:
        return [Para(f"{read} or {path} asks for the path of a folder, or of a OneRoster users.csv.")]
    if found.wrong is not None:
        return wording.error(found.wrong, look)
    said = [Para(found.shown, look.title)]
    if found.path is None:
        said.append(
            Para(f"{_FEEDS.get(found.feed, found.feed)}, as the config says. It is not reached before it is read.")
        )
    else:
        said.append(Para(f"{_FEEDS[found.feed]}: {join_and(list(found.files))}"))
        said.append(Para(f"Extract of {say_time(found.taken_at)}: then its oldest file was changed last."))
    if found.note:
        said.append(Para(f"{found.note[0].upper()}{found.note[1:]}.", look.warn if found.older else None))
    return [*said, BLANK, Para(f"{read} reads the difference that it would make. Nothing is imported by that.")]


# -- progress ----------------------------------------------------------------------------------------------------------


def progress(title: str, step: ImportStep, seconds: float, end: str, look: Look) -> list[Para]:
    """Where the import is, after so many seconds; `end` says how it is stopped."""
    filled = round(_BAR * step.share)
    bar = f"[{'█' * filled}{'░' * (_BAR - filled)}] {step.share:.0%}"
    rows = f"{plural(step.rows, 'row')} read" if step.rows else ""
    if rows and seconds > 1 and step.words.startswith("Reading"):
        rows += f", {step.rows / seconds:,.0f} a second"
    said = [Para(title, look.title), BLANK, Para(bar), Para(step.words or "Starting"), Para(rows)]
    return [*said, BLANK, Para(end, look.dim)]


# -- the difference ----------------------------------------------------------------------------------------------------


def difference(read: Preview, look: Look) -> list[Para]:
    """The whole difference: what needs accepting, statuses, flags, records, and what else is to be known."""
    found = read.difference
    feed = _FEEDS.get(found.feed, found.feed)
    said = [Para(f"{feed}, extract of {say_time(found.taken_at)}", look.title), Para(_place(read), look.dim)]
    if found.shrunk:
        said.append(Para("This feed has lost more than is plausible; see below. Importing it takes accepting that.",
                         look.bad, "! ", look.bad))  # fmt: skip
    if found.problem_count:
        said.append(Para(f"{_bad_rows(found)} can't be taken; see below.", look.bad, "! ", look.bad))
    said += [BLANK, *_statuses(found, look), *_ready(found, look), *_flags(found.flags, look), *_records(found, look)]
    if found.verified:
        done = ", ".join(f"{count:,} {str(state).replace('_', ' ')}" for state, count in found.verified.items())
        said += [BLANK, Para("Requests verified", look.title), Para(done, None, "  ")]
    said += _shrunk(found, look) + _problems(found, look)
    if found.noticed:
        said += [BLANK, Para("Take note", look.title), *(Para(line, None, "! ", look.warn) for line in found.noticed)]
    if read.notes:
        said += [BLANK, Para("Of this feed", look.title), *(Para(line, None, "- ") for line in read.notes)]
    return said


def _place(read: Preview) -> str:
    return clean(str(read.path)) if read.path is not None else clean(read.difference.source)


def _statuses(found: Difference, look: Look) -> Iterator[Para]:
    yield Para(columns([("Contacts", _STATUS), ("before", _NUMBER), ("after", _NUMBER), ("", _NUMBER)]), look.heading)
    for tab in _TABS:
        before, after = found.before.get(tab, 0), found.after.get(tab, 0)
        change = f"{after - before:+,}" if after != before else ""
        cells = columns(
            [(TAB_LABELS[tab], _STATUS), (f"{before:,}", _NUMBER), (f"{after:,}", _NUMBER), (change, _NUMBER)]
        )
        yield Para(cells, None if change else look.dim)


def _ready(found: Difference, look: Look) -> Iterator[Para]:
    total = sum(ready.size for ready in found.ready)
    if total:
        yield BLANK
        yield Para(f"Become ready to revoke: {total:,}", look.title)
    for ready in found.ready:
        label = REASON_LABELS[Reason(ready.reason)]
        yield Para(f"{label}: {_some(ready.some, ready.size)}", None, f"{ready.size:>7,}  ")
    if found.no_longer_ready:
        yield BLANK
        yield Para(f"Not ready to revoke any more: {found.no_longer_ready:,}")


def _some(people: Sequence[tuple[str, str]], size: int) -> str:
    more = size - len(people)
    return ", ".join(f"{code} {name}".strip() for code, name in people) + (f" and {more:,} more" if more > 0 else "")


def _flags(flags: Sequence[Moved], look: Look) -> Iterator[Para]:
    if flags:
        yield BLANK
        yield Para("Portal access that moved, by contact type", look.title)
    for contact_type, *counts in flags:
        parts = [f"{n:,} went {word}" for n, word in zip(counts, ("off", "on", "unknown"), strict=True) if n]
        yield Para(f"{contact_type or '(none)'}: {', '.join(parts)}", None, "  ")


def _records(found: Difference, look: Look) -> Iterator[Para]:
    yield BLANK
    titles = ("in feed", "new", "changed", "gone", "back")
    yield Para(columns([("Records", _KIND), *((title, _NUMBER) for title in titles)], gap=1), look.heading)
    for kind, count in found.kinds.items():
        numbers = [(f"{number:,}", _NUMBER) for number in count]
        yield Para(columns([(str(kind), _KIND), *numbers], gap=1), None if any(count[1:]) else look.dim)
        sizes = {"added": count.new, "gone": count.gone, "returned": count.returned}
        fields = [
            f"{name.replace('_', ' ')} {size:,}"
            for logged in _LOGGED.get(kind, ())
            for name, size in found.fields.get(logged, {}).items()
        ]
        if fields:
            yield Para(", ".join(fields), None, "  changed: ", look.dim)
        for what, people in found.some.get(kind, {}).items():
            word = {"added": "new", "returned": "back"}.get(what, what)
            yield Para(_some(people, sizes[what]), None, f"  {word + ':':<8} ", look.dim)


def _shrunk(found: Difference, look: Look) -> list[Para]:
    if not found.shrunk:
        return []
    return [
        BLANK,
        Para("Lost beyond what is plausible", look.bad),
        *(Para(line, None, "  ") for line in found.shrunk),
        Para("It is more likely that the export is cut off or its settings changed than that all this is true."),
    ]


def _problems(found: Difference, look: Look) -> list[Para]:
    if not found.problem_count:
        return []
    more = found.problem_count - len(found.problems)
    return [
        BLANK,
        Para("Bad rows", look.bad),
        *(Para(str(problem), None, "  ") for problem in found.problems),
        *([Para(f"... and {more:,} more", look.dim, "  ")] if more > 0 else []),
        Para("Correct them in the admin system and export again, or import without these rows."),
    ]


def _bad_rows(found: Difference) -> str:
    return plural(max(found.skipped, 1), "bad row")


# -- applying ----------------------------------------------------------------------------------------------------------


def confirm(found: Difference, register: Path, look: Look) -> list[Para]:
    """What importing means, above the question whether to. `register`: the file that is changed."""
    before, after = (counts.get(Tab.READY_TO_REVOKE, 0) for counts in (found.before, found.after))
    said = [
        Para(f"{_FEEDS.get(found.feed, found.feed)}, extract of {say_time(found.taken_at)}: {clean(found.source)}"),
        Para(f"Ready to revoke: {before:,} -> {after:,}.", look.title),
        Para(f"Only the register is changed, {clean(str(register))}. Nobody is revoked and nobody is mailed by it."),
    ]
    if found.problem_count:
        said += [
            BLANK,
            Para(f"{_bad_rows(found)} will be left out.", look.bad),
            Para("What the register has of them stays as it was."),
        ]
    if found.shrunk:
        said += [
            BLANK,
            Para("You say that this is true and no broken export:", look.bad),
            *(Para(line, None, "  ") for line in found.shrunk),
            Para("Who is missing is taken as gone, and their accounts, or their parents', become ready to revoke."),
        ]
    warnings = [Para(line, None, "! ", look.warn) for line in found.noticed]
    return [*said, *([BLANK] if warnings else []), *warnings]


def applied(found: Difference) -> str:
    """What an import did, for one line: the end of it may not fit."""
    before, after = (counts.get(Tab.READY_TO_REVOKE, 0) for counts in (found.before, found.after))
    contacts = found.kinds.get("contacts")
    counted = zip(contacts[1:], ("new", "changed", "gone", "back"), strict=True) if contacts else ()
    parts = ", ".join(f"{count:,} {word}" for count, word in counted if count)
    return f"Imported as no. {found.number}: ready to revoke {before:,} -> {after:,}; contacts {parts or 'unchanged'}."
