"""What the verbs of the command line share: the global options, words to choose from, and opening the register."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from tui.config import load_settings, register_path
from tui.settings import Settings

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager

REASONS = ("superseded", "misplaced-username", "access-flag-changed", "no-current-student", "unexplained")


class Word(click.Choice[str]):
    """A choice that takes hyphens and underscores alike, and gives underscores."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(str(value).replace("_", "-").lower(), param, ctx).replace("-", "_")


def global_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The global options, which may stand before the verb or after it."""

    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        if value:
            ctx.ensure_object(dict)[param.name] = value

    for option in (
        click.option("--read-only", is_flag=True, expose_value=False, callback=keep, help="Change nothing."),
        click.option(
            "--config", type=click.Path(path_type=Path), expose_value=False, callback=keep, help="The config file."
        ),
        click.option(
            "--register", type=click.Path(path_type=Path), expose_value=False, callback=keep, help="The register file."
        ),
    ):
        command = option(command)
    return command


def settings_of(ctx: click.Context) -> Settings:
    """The settings, from the config file that was named or the usual one."""
    return load_settings(ctx.ensure_object(dict).get("config"))


def open_register(ctx: click.Context, *, create: bool = False) -> "AccountManager":
    """The register that was named or the usual one, open until the verb has ended."""
    from tui.manager.manager import AccountManager

    given = ctx.ensure_object(dict)
    manager = AccountManager(
        settings_of(ctx), given.get("register"), read_only=bool(given.get("read_only")), create=create
    )
    ctx.call_on_close(manager.close)
    return manager


def open_or_pretend(ctx: click.Context) -> "AccountManager":
    """The register, or where there is none yet an empty one that leaves nothing behind."""
    given = ctx.ensure_object(dict)
    if (given.get("register") or register_path(settings_of(ctx))).exists():
        return open_register(ctx)
    given["register"] = Path(ctx.with_resource(TemporaryDirectory())) / "register.sqlite3"
    given["read_only"] = False
    return open_register(ctx, create=True)
