"""welcome: who is refused, who is asked for singly, what is sent, and that a newer link voids the older."""

import sqlite3
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from hashlib import sha256
from pathlib import Path

import pytest

from tests.letters import text_of
from tests.running import Result, Run
from tests.school import LATER, SchoolFiles, families
from tests.terminal import AtTerminal
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("embedded")


def messages(state: Path) -> list[EmailMessage]:
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in (state / "outbox").glob("*.eml")]
    return sorted((m for m in found if isinstance(m, EmailMessage)), key=lambda message: str(message["To"]))


def link_of(message: EmailMessage) -> str:
    (link,) = (word for word in text_of(message).split() if "/welcome#" in word)
    return str(link)


def invitations(register: Path) -> list[tuple[str, str, bytes | None, str]]:
    with sqlite3.connect(register) as connection:
        rows = connection.execute("SELECT code, state, token_hash, ended_why FROM invitations ORDER BY id").fetchall()
    connection.close()
    return rows


def left_out(result: Result) -> dict[str, str]:
    return {entry["code"]: entry["why"] for entry in result.json()["left_out"]}


def test_a_welcome_email_is_written(cli: Run, imported: SchoolFiles, state: Path, register: Path) -> None:
    result = cli("welcome", "P0005", "--yes")
    assert result.code == 0, result
    assert "Job 1: 1 welcome email handed to the outbox.\n" in result.out
    assert "welcomed" not in result.out, "handed over is not sent"
    assert f"Written:\n  {state / 'outbox'}\n" in result.out
    assert "The outbox only keeps them: nothing is sent until you send them on." in result.out
    (message,) = messages(state)
    assert message["To"].addresses[0].addr_spec == "p0005@families.example"
    assert message["Subject"] == "Welcome to SEQTA Engage at Example School"
    token = link_of(message).partition("#")[2]
    assert len(token) >= 43, "256 bits"
    ((code, sent, token_hash, _),) = invitations(register)
    assert (code, sent, token_hash) == ("P0005", "sent", sha256(token.encode()).digest())
    assert token not in result.out + result.err
    assert token.encode() not in register.read_bytes()
    folder = state / "outbox"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())


def test_the_portal_and_the_helper_of_the_config_stand_in_it(
    cli: Run, imported: SchoolFiles, state: Path, configure: Callable[[str], Path]
) -> None:
    configure(
        '[accounts]\nservice = "embedded"\n[portal]\nurl = "https://portal.school.example/"\n'
        '[school]\nname = "Example School"\nhelp_contact = "the office, 5550 0100"\n'
        '[mail]\nsender = "Example School <office@school.example>"\noutbox = "~/letters"\n'
    )
    assert cli("welcome", "P0005", "--yes").code == 0
    assert not (state / "outbox").exists()
    (path,) = (state.parents[1] / "letters").glob("*.eml")
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    assert message["From"].addresses[0].addr_spec == "office@school.example"
    assert link_of(message).startswith("https://portal.school.example/welcome#")
    assert "the office, 5550 0100" in text_of(message)


def test_who_may_not_be_welcomed_is_told_why(cli: Run, take_in: TakeIn, school: SchoolFiles, state: Path) -> None:
    school.contacts["P0008"] |= {"username": "", "email": "two@families.example, more@families.example"}
    school.contacts["P0009"] |= {"username": "USER.P0010"}
    take_in(school)
    assert cli("hold", "P0011", "--mail", "--note", "asked not to be written to").code == 0
    for code, why in (
        ("P0001", "is not eligible"),
        ("P0004", "is not eligible"),
        ("P0007", "is not eligible"),
        ("P0006", "has no usable email: there is none"),
        ("P0008", "has no usable email: the field holds more than one address"),
        ("P0009", "its username is also on P0010"),
        ("P0011", "asked not to be written to"),
    ):
        result = cli("welcome", code, "--yes", "--json")
        assert result.code == ExitCode.REFUSED
        assert why in left_out(result)[code]
    assert not (state / "outbox").exists()


def test_questions_are_asked_singly_and_never_in_bulk(
    cli: Run, take_in: TakeIn, school: SchoolFiles, state: Path
) -> None:
    for code in ("P0020", "P0021", "P0022", "P0024"):
        school.contacts[code]["username"] = ""
    school.contacts["P0020"]["email"] = school.contacts["P0023"]["email"] = "family@families.example"
    school.students["S0021"]["custody_note"] = "court order of 2025"
    school.contacts["P0022"]["username"] = "in.use"
    school.contacts["P0022"]["last_login"] = "2026-10-20"
    take_in(school)
    asked = {
        "P0020": "The email also stands on P0023.",
        "P0021": "Custody note on Child0021 Surname0021 (S0021): court order of 2025",
        "P0022": "The account is in use: last login 20 Oct 2026.",
    }
    bulk = cli("welcome", *asked, "P0024", "--dry-run", "--json").json()
    assert bulk["codes"] == ["P0024"]
    assert {entry["code"]: entry["why"] for entry in bulk["left_out"]} == {
        code: f"asked singly, never in bulk: {question}" for code, question in asked.items()
    }
    assert bulk["questions"] == []
    everybody = cli("welcome", "--all-ready", "--dry-run", "--json").json()
    assert set(everybody["codes"]) == {"P0005", "P0024"}
    for code, question in asked.items():
        alone = cli("welcome", code, "--dry-run", "--json").json()
        assert alone["codes"] == [code]
        assert alone["questions"] == [
            {"code": code, "name": f"Given{code[1:]} Surname{code[1:]}", "sentence": question}
        ]
        assert cli("welcome", code).code == ExitCode.DECLINED, "a question is not answered by nobody"
    assert messages(state) == []
    assert cli("welcome", "P0021", "--yes").code == 0
    assert len(messages(state)) == 1


def test_who_has_come_back_has_no_account_in_use(cli: Run, take_in: TakeIn, school: SchoolFiles) -> None:
    school.contacts["P0001"]["last_login"] = "2026-10-20"
    take_in(school)
    assert cli("revoke", "P0001", "--yes").code == 0
    school.students["S0001"] |= {"status": "enrolled", "exit_date": ""}
    take_in(school, LATER)
    plan = cli("welcome", "P0001", "--dry-run", "--json").json()
    assert (plan["codes"], plan["questions"]) == (["P0001"], [])


def test_a_question_is_answered_at_the_terminal(
    take_in: TakeIn, school: SchoolFiles, state: Path, at_terminal: AtTerminal
) -> None:
    school.students["S0005"]["custody_note"] = "court order of 2025"
    take_in(school)
    terminal = at_terminal("welcome", "P0005", columns=200)
    terminal.reads("Go on? [y/N]")
    assert "? P0005  Given0005 Surname0005: Custody note" in terminal.output
    terminal.press("y\r")
    assert terminal.ends() == 0
    assert len(messages(state)) == 1


def test_all_that_are_ready_are_welcomed_once(cli: Run, take_in: TakeIn, state: Path) -> None:
    school = families(15)
    for number in range(1, 13):
        school.contacts[f"P{number:04}"]["username"] = ""
    take_in(school)
    assert cli("welcome", "--all-ready", "--yes").code == 0
    assert [str(message["To"].addresses[0].addr_spec) for message in messages(state)] == [
        f"p{number:04}@families.example" for number in range(1, 13)
    ]


def test_a_newer_link_voids_the_older(cli: Run, imported: SchoolFiles, state: Path, register: Path) -> None:
    assert cli("welcome", "P0005", "--yes").code == 0
    assert cli("welcome", "P0005", "--yes").code == 0
    first, second = invitations(register)
    assert first[1:] == ("superseded", None, "a newer one was sent")
    assert second[1] == "sent"
    hashes = {sha256(link_of(message).partition("#")[2].encode()).digest() for message in messages(state)}
    assert len(hashes) == 2
    assert second[2] in hashes


@pytest.mark.parametrize("why", ["revoked", "held", "left", "email"])
def test_a_link_dies_with_its_ground(
    cli: Run, take_in: TakeIn, imported: SchoolFiles, register: Path, why: str
) -> None:
    assert cli("welcome", "P0010", "--yes").code == 0
    if why == "revoked":
        assert cli("revoke", "P0010", "--yes", "--reason", "asked to").code == 0
    elif why == "held":
        assert cli("hold", "P0010", "--mail", "--note", "asked to").code == 0
    else:
        if why == "left":
            imported.leave("S0010")
        else:
            imported.contacts["P0010"]["email"] = "new@families.example"
        take_in(imported, LATER)
    ((_, state, token_hash, _),) = invitations(register)
    assert (state, token_hash) == ("superseded", None)


def test_a_register_made_anew_does_not_take_an_old_message_for_its_own(
    cli: Run, take_in: TakeIn, school: SchoolFiles, state: Path, register: Path
) -> None:
    take_in(school)
    assert cli("welcome", "P0005", "--yes").code == 0
    for path in register.parent.glob("register.sqlite3*"):
        path.unlink()
    take_in(school)
    assert cli("welcome", "P0010", "--yes").code == 0
    assert {message["To"].addresses[0].addr_spec for message in messages(state)} == {
        "p0005@families.example",
        "p0010@families.example",
    }


def test_the_outbox_lies_beside_the_register(
    cli: Run, school: SchoolFiles, tmp_path: Path, state: Path, configure: Callable[[str], Path]
) -> None:
    folder = school.write(tmp_path / "extract")
    for name, beside in (("register", "outbox"), ("north", "north-outbox")):
        register = tmp_path / "team" / f"{name}.sqlite3"
        assert cli("import", folder, "--register", register).code == 0
        assert cli("welcome", "P0005", "--yes", "--register", register).code == 0
        assert len(list((register.parent / beside).glob("*.eml"))) == 1
    assert not (state / "outbox").exists()
    configure(f'[accounts]\nservice = "embedded"\n[mail]\noutbox = "{tmp_path}/elsewhere"\n')
    assert cli("welcome", "P0010", "--yes", "--register", tmp_path / "team" / "north.sqlite3").code == 0
    assert len(list((tmp_path / "elsewhere").glob("*.eml"))) == 1


def test_the_demos_messages_lie_apart(cli: Run, imported: SchoolFiles, state: Path) -> None:
    assert cli("demo", "--no-screen").code == 0
    demo = state / "demo.sqlite3"
    ready = cli("list", "--register", demo, "--status", "ready-to-provision", "--format", "json").json()
    assert any(cli("welcome", row["code"], "--register", demo, "--yes").code == 0 for row in ready)
    assert not (state / "outbox").exists()
    assert list((state / "demo-outbox").glob("*.eml"))
