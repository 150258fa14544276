"""Finding and reading a mapping profile, and what is wrong with it: the file, the key and the nearest right one.

Shipped profiles lie in the folder `profiles` beside this file; a school's own is named by its path (tui.config finds it
by its name). One of its own may begin with `extends` and the name of a shipped one, and say only what differs.
"""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tui.domain.records import RecordKind
from tui.errors import ConfigError
from tui.feeds.cells import BadCell
from tui.feeds.csv_files import SHAPES
from tui.feeds.profile_model import COLUMN_IN_TEXT, AccessRule, Condition, Fill, Join, Part, Profile, TableSource
from tui.feeds.rows import Shape
from tui.text import clean, join_and, plural

SHIPPED = Path(__file__).with_name("profiles")
RULED_BY = "contact_type"
"""A column of links that fills no field: the contact's type as this link has it, for the sync rule alone."""
_MOST_BYTES = 200_000
_BY_KIND: Mapping[RecordKind, Shape[Any]] = {shape.kind: shape for shape in SHAPES}
# Which model's keys stand at the end of a path of keys, for the nearest right one.
_INSIDE: Mapping[str, type[BaseModel]] = {
    "": Profile, "tables": TableSource, "only_if": Condition, "join": Join, "columns": Fill, "access": AccessRule,
    **{kind.value: Part for kind in RecordKind},
}  # fmt: skip


def shipped_names() -> list[str]:
    """The profiles that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_profile(name: str) -> Profile:
    """The profile of this name or at this path, checked as far as that goes without its tables. Raises ConfigError."""
    path = Path(name).expanduser() if "/" in name else SHIPPED / f"{name}.toml"
    if "/" not in name and name not in shipped_names():
        near = get_close_matches(name, shipped_names(), n=1)
        raise ConfigError(
            f"There is no mapping profile called {clean(name)}." + (f" Did you mean {near[0]}?" if near else ""),
            means=f"Shipped are {join_and(shipped_names())}. Nothing was imported.",
            todo=f"For one of your own put {clean(name)}.toml into the folder profiles beside the config file, "
            "or give its path.",
        )
    shown = clean(str(path)) if "/" in name else name
    given = _read(path, shown)
    problems: list[str] = []
    if (base := given.pop("extends", None)) is not None:
        if not isinstance(base, str) or base not in shipped_names():
            problems.append(f"  extends: must be the name of a shipped profile: {join_and(shipped_names())}.")
        else:
            given = _over(_read(SHIPPED / f"{base}.toml", base), given)
    profile = None
    if not problems:
        try:
            profile = Profile.model_validate({**given, "name": path.stem})
        except ValidationError as error:
            problems = list(_wrong(error))
        else:
            problems = list(_together(profile))
    if profile is None or problems:
        raise ConfigError(
            "\n".join([f"The mapping profile {shown} has {plural(len(problems), 'problem')}:", *problems]),
            means="Nothing was imported.",
            todo="docs/profiles.md describes every key.",
        )
    return profile


def _read(path: Path, shown: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise ConfigError(
                f"The mapping profile {shown} is over {_MOST_BYTES:,} bytes.", todo="Is it the right file?"
            )
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"The mapping profile {shown} can't be read: {error.strerror or 'the system refuses it'}.",
            means="Nothing was imported.",
            todo="Check its path, and that you may read it.",
        ) from error
    except (ValueError, RecursionError) as error:
        what = "tables nested too deep" if isinstance(error, RecursionError) else clean(str(error))
        raise ConfigError(
            f"The mapping profile {shown} is not valid TOML: {what}.",
            means="Nothing was imported.",
            todo="Mend that line; text values need quotes.",
        ) from error


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` laid over `base`, table by table; lists and the sync rule are replaced whole."""
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        deeper = isinstance(value, dict) and isinstance(below, dict) and key != "access"
        merged[key] = _over(below, value) if deeper and isinstance(below, dict) else value
    return merged


# -- what is wrong -----------------------------------------------------------------------------------------------------


def _wrong(error: ValidationError) -> Iterator[str]:
    """pydantic's errors, a line each; a field that may be text or a table is told once."""
    told: set[str] = set()
    for found in error.errors(include_url=False):
        if found["loc"][-1] == "str" and isinstance(found["input"], dict):
            continue  # it is meant as a table, and told as one
        place = tuple(part for part in found["loc"] if part not in ("str", "[key]") and "Fill" not in str(part))
        name = _dotted(place)
        kind, context = found["type"], found.get("ctx", {})
        if kind == "extra_forbidden":
            yield _unknown(place)
        elif kind == "missing":
            yield f"  {name}: is missing."
        elif kind == "literal_error":
            # pydantic says "'a', 'b' or 'c'".
            yield f"  {name}: must be {str(context['expected']).replace(chr(39), chr(34))}."
        elif kind == "value_error":
            yield f"  {name}: {context['error']}."
        elif name not in told and not any(line.startswith(name) for line in told):
            told.add(name)
            if place[-2:-1] == ("columns",):
                said = 'a column in quotes, { text = "..." } or { constant = "..." }'
            else:
                said = _TYPES.get(kind, "something else")
            yield f"  {name}: must be {said}."


_TYPES = {
    "string_type": "text in quotes",
    "bool_type": "true or false (without quotes)",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _unknown(place: tuple[int | str, ...]) -> str:
    tables = [part for part in place[:-1] if part in _INSIDE]
    model = _INSIDE[str(tables[-1]) if tables else ""]
    keys = [field.alias or name for name, field in model.model_fields.items() if name != "name"]
    if model is Profile:
        keys.append("extends")
    near = get_close_matches(str(place[-1]), keys, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"  {_dotted(place)}: there is no such key.{hint} The keys here are {join_and(keys)}."


def _dotted(place: tuple[int | str, ...]) -> str:
    """`links[2].columns.relationship`; what stands in a list is counted from one."""
    said = ""
    for part in place:
        said += f"[{part + 1}]" if isinstance(part, int) else f".{clean(part)}" if said else clean(part)
    return said


def _together(profile: Profile) -> Iterator[str]:
    """What is wrong between keys that are each right for themselves."""
    for name, table in profile.tables.items():
        if not table.file and not table.query and name not in set(RecordKind):
            yield f'  tables.{clean(name)}: names no file = "..." and no query = "...".'
    for kind, shape in _BY_KIND.items():
        parts = profile.parts(kind)
        if not parts and kind in (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.LINKS):
            yield f"  {kind}: has no part; nobody's status can be told without contacts, students and links."
        for number, part in enumerate(parts, 1):
            yield from _part(profile, shape, part, f"{kind}[{number}]")
        named = {name for part in parts for name in part.columns}
        for number, part in enumerate(parts, 1):
            for name in sorted(named - set(part.columns)):
                yield (
                    f"  {kind}[{number}].columns: has no {clean(name)}, which another part has; "
                    'without one write { constant = "" }.'
                )
        for name, meanings in profile.values.get(kind.value, {}).items():
            yield from _meanings(shape, name, meanings, f"values.{kind}.{clean(name)}")
    if profile.access is not None:
        yield from _access(profile, profile.access)


def _part(profile: Profile, shape: Shape[Any], part: Part, at: str) -> Iterator[str]:
    tables = [(part.from_, f"{at}.from"), *((join.table, f"{at}.join") for join in part.join)]
    for table, key in tables:
        if table not in profile.tables:
            near = get_close_matches(table, list(profile.tables), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield f"  {key}: there is no table {clean(table)}.{hint} The tables are {join_and(list(profile.tables))}."
    joined = [join.table for join in part.join]
    for table in sorted({table for table in joined if joined.count(table) > 1}):
        yield f"  {at}.join: table {clean(table)} is joined twice; two parts can do that."
    known = {field.name: field for field in shape.fields}
    extra = {RULED_BY} if shape.kind is RecordKind.LINKS else set()
    for name, fill in part.columns.items():
        if name not in known and name not in extra:
            near = get_close_matches(name, list(known), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield f"  {at}.columns.{clean(name)}: there is no such field.{hint} The fields are {join_and(list(known))}."
        elif isinstance(fill, Fill) and fill.constant is not None and name in known:
            if known[name].filled:
                yield f"  {at}.columns.{name}: a code can't be the same in every row."
            elif parse := known[name].parse:
                try:
                    parse(fill.constant)
                except BadCell as error:
                    yield f"  {at}.columns.{name}: {error}."
    for name in shape.needed:
        if name not in part.columns:
            yield f"  {at}.columns.{name}: is missing."


def _meanings(shape: Shape[Any], name: str, meanings: Mapping[str, str], at: str) -> Iterator[str]:
    field = {field.name: field for field in shape.fields}.get(name)
    if field is None:
        near = get_close_matches(name, sorted(shape.columns), n=1)
        yield f"  {at}: there is no such field.{f' Did you mean {near[0]}?' if near else ''}"
    elif field.filled:
        yield f"  {at}: codes are taken as they are."
    elif parse := field.parse:
        for cell, meaning in meanings.items():
            try:
                parse(meaning)
            except BadCell as error:
                yield f"  {at}.{clean(cell)}: {error}."


def _access(profile: Profile, rule: AccessRule) -> Iterator[str]:
    if any("portal_access" in part.columns for part in profile.links):
        yield "  access: the links have portal_access from a column; take one of the two out."
    both = {word.casefold() for word in rule.yes} & {word.casefold() for word in rule.no}
    if both:
        yield f"  access: {join_and(sorted(map(clean, both)))} can't stand in both yes and no."
    places = [*profile.links, *profile.contacts] if rule.by == "contact_type" else profile.links
    if not any(rule.by in part.columns for part in places):
        yield f"  access.by: no column is named for {rule.by}."


def columns_in(fill: str | Fill) -> list[str]:
    """The columns that a field is filled from, as the profile spells them."""
    if isinstance(fill, str):
        return [fill]
    return COLUMN_IN_TEXT.findall(fill.text) if fill.text is not None else []
