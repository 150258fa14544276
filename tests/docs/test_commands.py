"""The command reference has every verb and option, no others, and its examples do what they say."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from tests.docs import pages
from tests.running import Run
from tui.cli import cli as program

EVERYWHERE = {"--register", "--config", "--read-only", "--help", "-h"}
EXPORTED = datetime(2026, 11, 20, 5, 35, tzinfo=UTC).timestamp()
EXAMPLES = pages.console_examples("commands.md")


def options_of(command: click.Command) -> set[str]:
    """The options of a verb, with those of the verbs below it."""
    own = {
        name
        for param in command.params
        if isinstance(param, click.Option)
        for name in (*param.opts, *param.secondary_opts)
    }
    below = command.commands.values() if isinstance(command, click.Group) and command is not program else ()
    return own.union(*(options_of(one) for one in below))


def mentioned(markdown: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]|(?<![\w-])-[a-z]\b", markdown))


def test_every_verb_has_its_section() -> None:
    assert set(pages.sections("commands.md")) - {"Everywhere"} == set(program.commands)


@pytest.mark.parametrize("verb", sorted(program.commands))
def test_every_option_of_a_verb_is_in_its_section_and_no_other(verb: str) -> None:
    section = pages.sections("commands.md")[verb]
    described = {name for row in re.findall(r"^\| (`-.+?) \|", section, flags=re.M) for name in mentioned(row)}
    usage = next(pages.fences(section, ""))
    own = options_of(program.commands[verb]) - EVERYWHERE
    assert described == own
    assert mentioned(usage) == own


def test_the_options_of_all_verbs_are_described_once() -> None:
    section = pages.sections("commands.md")["Everywhere"]
    everywhere = {name for param in program.params for name in param.opts}
    assert mentioned(section) == everywhere | EVERYWHERE | {"--json"}


@pytest.mark.parametrize("verb", sorted(program.commands))
def test_every_choice_is_named(verb: str) -> None:
    section = pages.sections("commands.md")[verb]
    for param in program.commands[verb].params:
        if isinstance(param.type, click.Choice) and param.name not in ("only_reason",):
            for choice in param.type.choices:
                assert re.search(rf"\b{choice}\b", section), f"{param.name}: {choice}"


@pytest.mark.parametrize("example", [*pages.shell_lines(), *EXAMPLES], ids=str)
def test_command_lines_in_the_docs_parse(example: pages.Example) -> None:
    with program.make_context("engage-accounts", list(example.arguments)) as context:
        rest = [*context._protected_args, *context.args]
        if rest:
            _, command, arguments = program.resolve_command(context, rest)
            assert command is not None
            command.make_context(command.name, arguments, parent=context)


def test_the_examples_print_what_the_page_says(
    cli: Run, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "docs" / "example"
    folder.mkdir(parents=True)
    for path in (pages.DOCS / "example").iterdir():
        copy = folder / path.name
        copy.write_bytes(path.read_bytes())
        os.utime(copy, (EXPORTED, EXPORTED))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "kim")
    for example in EXAMPLES:
        result = cli(*example.arguments)
        found = result.out.replace(str(state), "~/.local/state/engage-accounts")
        found = found.replace(str(tmp_path), "/home/kim")
        assert steady(found) == steady(example.output), f"{example.line}\n{result.err}"


def steady(output: str) -> str:
    """Output without moments, and without the padding that depends on them."""
    output = re.sub(r"\d{1,2} [A-Z][a-z]{2} 20\d\d \d\d:\d\d", "TIME", output)
    output = re.sub(r"last run \d{1,2} [A-Z][a-z]{2} 20\d\d", "last run DAY", output)
    return "\n".join(re.sub(r" {2,}", "  ", line).rstrip() for line in output.strip("\n").splitlines())
