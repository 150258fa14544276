"""Where the settings stand, and a config file read and written key by key.

tui.settings is the one definition: names, types, defaults and what is allowed. pydantic checks a config file
against it. A floor room: pydantic, tomli_w, rapidfuzz and platformdirs are imported where they are used, so that a
start without a config file does not pay for them.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from tui.config_values import LOCAL_HOSTS, Allowed
from tui.errors import ConfigError
from tui.settings import Settings, SqlSettings
from tui.text import clean, join_and, plural

PROGRAM = "engage-accounts"
_MOST_BYTES = 1_000_000
# Keys that somebody would put a password under; it is refused by name, and never repeated.
_SECRETS = ("password", "passwd", "passphrase", "secret", "token")


def tables() -> dict[str, str]:
    """The tables of a config file as TOML names them, each with its attribute of Settings."""
    return {f.metadata.get("table", f.name): f.name for f in fields(Settings)}


def setting_keys() -> dict[str, str]:
    """Every key of a config file, dotted, with what is allowed there in words."""
    found = {}
    sections = get_type_hints(Settings)
    for table, attribute in tables().items():
        hints = get_type_hints(sections[attribute], include_extras=True)
        for f in fields(sections[attribute]):
            allowed = next(a for a in get_args(hints[f.name]) if isinstance(a, Allowed))
            found[f"{table}.{f.name}"] = allowed.says
    return found


def default_config_path() -> Path:
    """The config file when none is named: $ENGAGE_ACCOUNTS_CONFIG, else the XDG config folder."""
    if named := os.environ.get("ENGAGE_ACCOUNTS_CONFIG"):
        return expanded(Path(named))
    from platformdirs import user_config_path

    return user_config_path(PROGRAM) / "config.toml"


def state_folder() -> Path:
    """Where registers, the outbox and logs are kept: $ENGAGE_ACCOUNTS_STATE, else the XDG state folder."""
    if named := os.environ.get("ENGAGE_ACCOUNTS_STATE"):
        return expanded(Path(named))
    from platformdirs import user_state_path

    return user_state_path(PROGRAM)


def register_path(settings: Settings) -> Path:
    """The register's file."""
    named = settings.register.path
    return expanded(named) if named else state_folder() / "register.sqlite3"


def demo_register_path() -> Path:
    """The demo school's register, never the real one."""
    return state_folder() / "demo.sqlite3"


def outbox_folder(settings: Settings, register: Path) -> Path:
    """The folder that welcome messages are put in: the setting's, or one beside the register."""
    if settings.mail.outbox:
        return expanded(settings.mail.outbox)
    return register.with_name("outbox" if register.stem == "register" else f"{register.stem}-outbox")


def load_settings(path: Path | None) -> Settings:
    """The settings in the file `path`, which must exist; with None those of the default file, if any."""
    try:
        with (path or default_config_path()).open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        if path is None:
            return Settings()
        raise ConfigError(
            f"There is no config file {_shown(path)}.",
            todo="Check the path, or run `engage-accounts init` to make one.",
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable path"
        raise ConfigError(
            f"The config file {_shown(path or default_config_path())} can't be read: {reason}.",
            todo="It must be a text file that you may read.",
        ) from error
    where = path or default_config_path()
    return _with_own_profiles(_parse(raw, _shown(where)), where)


def own_profile(name: str, config: Path | None) -> str:
    """A mapping profile as it is to be read: the path of the school's own beside its config file, where there is one of
    this name, else the name, which is then a shipped one's."""
    if not name or "/" in name or name.endswith(".toml"):
        return str(expanded(Path(name))) if name else name
    own = (config or default_config_path()).parent.absolute() / "profiles" / f"{name}.toml"
    return str(own) if own.is_file() else name


def _with_own_profiles(settings: Settings, config: Path) -> Settings:
    return replace(
        settings,
        imports=replace(settings.imports, profile=own_profile(settings.imports.profile, config)),
        sql=replace(settings.sql, profile=own_profile(settings.sql.profile, config)),
    )


def write_settings(path: Path, settings: Settings, *, overwrite: bool = False) -> None:
    """Write a config file of the essential keys and those that differ from their default, mode 0600."""
    import tomli_w

    name = _shown(path)
    text = f"# Settings of {PROGRAM}; config.example.toml describes every key.\n\n"
    text += tomli_w.dumps(_plain(settings))
    # What is written must be readable again: this checks values that no config file has checked yet.
    _parse(text.encode(), name)
    try:
        target = path.resolve() if overwrite else path
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        written = write_whole(target, text, overwrite=overwrite)
    except OSError as error:
        raise ConfigError(
            f"The config file {name} can't be written: {error.strerror or error}.",
            todo="Check that the folder exists, is yours and has room, or name another with --config.",
        ) from error
    if not written:
        raise ConfigError(
            f"There is already a config file {name}.",
            means="It was left as it is.",
            todo="Edit it, or move it away first.",
        )


def write_whole(target: Path, text: str, *, overwrite: bool) -> bool:
    """Write the file at once or not at all, mode 0600; False when it is there already. Raises OSError."""
    import tempfile

    # mkstemp opens with O_EXCL and 0600: nobody else can read it at any moment.
    handle, temporary = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            Path(temporary).replace(target)
        else:
            os.link(temporary, target)  # unlike a rename, refuses to replace a file
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
    return True


def expanded(path: Path) -> Path:
    """A path of the config with the home folder written out. Raises ConfigError when that is nobody's."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ConfigError(f"The home folder in {_shown(path)} can't be found.", todo="Write the path out.") from error


def _shown(path: Path) -> str:
    return clean(str(path))


def _parse(raw: bytes, name: str) -> Settings:
    import tomllib

    if len(raw) > _MOST_BYTES:
        raise ConfigError(f"The config file {name} is over {_MOST_BYTES:,} bytes.", todo="Is it the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"The config file {name} is not UTF-8 text (line {line}).",
            todo="Save it as UTF-8 in your editor.",
        ) from error
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Since Python 3.14 the place is an attribute; before, only the message has it.
        what = clean(str(error)) if isinstance(error, ValueError) else "tables nested too deep"
        at_end = f"line {text.count(chr(10)) + 1}, at the end of the file"
        what = re.sub(r" \(at end of document\)$", f" ({at_end})", what)
        raise ConfigError(
            f"The config file {name} is not valid TOML: {what}.",
            todo="Mend that line; text values need quotes.",
        ) from error
    settings, problems = _check(found)
    if settings is None or problems:
        raise ConfigError(
            "\n".join([f"The config file {name} has {plural(len(problems), 'problem')}:", *problems]),
            todo="config.example.toml describes every key.",
        )
    return settings


def _check(found: dict[str, Any]) -> tuple[Settings | None, list[str]]:
    """The settings of a parsed config file, and what is wrong with it, one line a problem."""
    problems: list[str] = []
    given = {tables()[table]: keys for table, keys in _split(found, "", problems)}
    if not given:
        return Settings(), problems
    from pydantic import TypeAdapter, ValidationError

    settings = None
    try:
        settings = TypeAdapter(Settings).validate_python(given)
    except ValidationError as error:
        names = {attribute: table for table, attribute in tables().items()}
        for e in error.errors(include_url=False):
            name = f"{names[str(e['loc'][0])]}.{e['loc'][1]}"
            unknown = e["type"] == "unexpected_keyword_argument"
            problems.append(_unknown(name) if unknown else _not_allowed(name, e["input"]))
    return settings, problems or (_together(settings) if settings else [])


def _together(settings: Settings) -> list[str]:
    """What is wrong between keys, each of which is allowed for itself; one line a problem."""
    smtp, by_smtp = settings.smtp, settings.mail.transport == "smtp"
    found = []
    if settings.accounts.service == "embedded" and settings.accounts.source == "feed":
        found.append(
            '  accounts.source: "feed" is for accounts that live in a portal; where accounts.service is "embedded" '
            'they live in this register, which no feed knows better. It must be "register" or "".'
        )
    if by_smtp and not smtp.host:
        found.append('  mail.smtp.host: is needed where mail.transport is "smtp".')
    if by_smtp and not settings.mail.sender:
        found.append(
            '  mail.sender: is needed where mail.transport is "smtp": nobody could answer, nor hear of a bounce.'
        )
    scim = settings.scim
    if settings.accounts.service == "scim" and not scim.url:
        found.append('  services.scim.url: is needed where accounts.service is "scim".')
    if scim.token_url and not scim.client_id:
        found.append("  services.scim.client_id: is needed where services.scim.token_url is set.")
    if settings.oneroster_rest.token_url and not settings.oneroster_rest.client_id:
        found.append("  feeds.oneroster_rest.client_id: is needed where feeds.oneroster_rest.token_url is set.")
    if smtp.security == "none" and smtp.host and smtp.host not in LOCAL_HOSTS:
        found.append(
            '  mail.smtp.security: "none" is only for a mail server on this host (localhost); anybody in between could '
            'read the links. It must be "starttls" or "tls".'
        )
    found += _together_sql(settings.sql)
    return found


def _together_sql(sql: SqlSettings) -> list[str]:
    from urllib.parse import urlsplit

    host = urlsplit(sql.database).hostname or "" if "://" in sql.database else ""
    if host and host not in LOCAL_HOSTS and "%2f" not in host.lower() and sql.sslmode in ("disable", "require"):
        return [
            f'  feeds.sql.sslmode: "{sql.sslmode}" is only for a server on this host (localhost); anybody in between '
            'could pass for the server and read the roster. It must be "verify-full" or "verify-ca".'
        ]
    return []


def _split(found: dict[str, Any], above: str, problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables a config file gives, each with its keys; what is no table of ours goes to `problems`."""
    for key, value in found.items():
        name = f"{above}{key}"
        inside = any(table.startswith(f"{name}.") for table in tables())
        if "." in key or (name not in tables() and not inside):
            problems.append(_unknown(name))
        elif not isinstance(value, dict):
            problems.append(f"  {name}: must be a table: write [{name}] on a line of its own, its keys below.")
        elif inside and name not in tables():
            yield from _split(value, f"{name}.", problems)
        else:
            # A table may have keys of its own and tables below it, as [mail] has [mail.smtp].
            below = {key: under for key, under in value.items() if f"{name}.{key}" in tables()}
            yield from _split(below, f"{name}.", problems)
            yield name, {key: own for key, own in value.items() if key not in below}


def _not_allowed(name: str, value: object) -> str:
    # Long text, and text that could be an address with a password in it, is not repeated.
    short = value if isinstance(value, str) and len(value) <= 30 and not set("@/") & set(value) else None
    said = str(value).lower() if isinstance(value, int | float) else f'"{clean(short)}"' if short else "this value"
    return f"  {name}: {said} is not allowed; it must be {setting_keys()[name]}."


def _unknown(name: str) -> str:
    """The line for a key that does not exist. Its value is not shown: it may be a secret put there."""
    from rapidfuzz import fuzz

    if name.rpartition(".")[2].lower() in _SECRETS:
        top = name.partition(".")[0]
        keys = [key.removesuffix("_command") for key in setting_keys() if key.endswith("_command")]
        near = [key for key in keys if key.startswith(f"{top}.")] or keys
        ways = [f"{secret_variable(key)}, {key}_command or {key}_file" for key in near]
        return (
            f"  {clean(name)}: no password or other secret stands in the config file; take it out. "
            f"Set {'; or '.join(ways)}."
        )

    def nearness(known: str) -> float:
        # The last part alone decides: a right key in the wrong table is a common slip.
        return fuzz.ratio(last, known.rpartition(".")[2])

    table, _, last = name.rpartition(".")
    best = max([*tables(), *setting_keys()], key=nearness)
    hint = f" Did you mean {best}?" if nearness(best) > 60 else ""
    here = [key.rpartition(".")[2] for key in setting_keys() if key.rpartition(".")[0] == table]
    allowed = f"The keys of [{table}] are {join_and(here)}." if here else f"The tables are {join_and(list(tables()))}."
    return f"  {clean(name)}: there is no such key.{hint} {allowed}"


def secret_variable(key: str) -> str:
    """The environment variable of a secret, by its key: ENGAGE_ACCOUNTS_SMTP_PASSWORD for mail.smtp.password."""
    table, _, name = key.rpartition(".")
    return f"ENGAGE_ACCOUNTS_{table.rpartition('.')[2]}_{name}".upper()


def _plain(settings: Settings) -> dict[str, Any]:
    """`settings` as TOML has it: the essential keys, and those that differ from their default."""
    essential = {"school.name", "portal.url", "portal.system", "accounts.service"}
    document: dict[str, Any] = {}
    usual = Settings()
    for table, attribute in tables().items():
        section = getattr(settings, attribute)
        for f in fields(section):
            value = getattr(section, f.name)
            if value == getattr(getattr(usual, attribute), f.name) and f"{table}.{f.name}" not in essential:
                continue
            place = document
            for part in table.split("."):
                place = place.setdefault(part, {})
            place[f.name] = _toml_value(value)
    return document


def _toml_value(value: Any) -> object:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
