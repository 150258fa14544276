"""`mail preview`: the very letter that a contact would get."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tests.letters import text_of
from tests.mail.servers import real_server
from tests.running import Run
from tests.school import SchoolFiles
from tui.errors import ExitCode

EMBEDDED = '[accounts]\nservice = "embedded"\n[school]\nname = "Example School"\n[portal]\nurl = "https://p.example"\n'


def test_the_preview_is_the_letter_but_for_the_link(
    cli: Run, imported: SchoolFiles, state: Path, configure: Callable[[str], Path]
) -> None:
    configure(EMBEDDED)
    shown = cli("mail", "preview", "P0005")
    assert shown.code == 0, shown
    assert not (state / "outbox").exists()
    assert cli("welcome", "P0005", "--yes").code == 0
    (path,) = (state / "outbox").glob("*.eml")
    letter = message_from_bytes(path.read_bytes(), policy=default)
    text = text_of(letter).replace("\r\n", "\n")
    link = next(word for word in text.split() if "/welcome#" in word)
    head, _, body = shown.out.partition("\n\n")
    placeholder = "https://p.example/welcome#the-one-time-link-is-made-when-it-is-sent"
    assert without_the_moment(body) == without_the_moment(text.replace(link, placeholder))
    assert f"Subject: {letter['Subject']}" in head
    assert f"To: {letter['To']}" in head


def without_the_moment(text: str) -> list[str]:
    """The lines of a letter, but for the one that says when its link ends."""
    return [line for line in text.rstrip().splitlines() if "works once, until" not in line]


def test_a_reset_letter_and_its_html(cli: Run, imported: SchoolFiles, configure: Callable[[str], Path]) -> None:
    configure(EMBEDDED)
    shown = cli("mail", "preview", "--purpose", "reset", "--html", "P0005")
    assert "Subject: A new password for SEQTA Engage at Example School" in shown.out
    assert '<a href="https://p.example/reset#the-one-time-link-is-made-when-it-is-sent">' in shown.out


def test_wording_of_the_schools_own_is_shown(
    cli: Run, imported: SchoolFiles, configure: Callable[[str], Path], tmp_path: Path
) -> None:
    configure(f'{EMBEDDED}[mail]\ntemplates = "{tmp_path}"\n')
    (tmp_path / "welcome.txt").write_text("Subject: Hello\n\nHere: $link\n")
    assert "Subject: Hello\n\nHere: https://p.example/welcome#" in cli("mail", "preview", "P0005").out
    shown = cli("mail", "preview", "P0005", "--html")
    assert (shown.code, shown.out) == (ExitCode.REFUSED, "")
    assert "has no HTML part" in shown.err
    (tmp_path / "welcome.txt").write_text("Here: $lnik\n")
    assert cli("mail", "preview", "P0005").code == ExitCode.CONFIG


def test_nobody_of_that_code_no_email_and_the_portals_own_mail(
    cli: Run, school: SchoolFiles, take_in: Callable[..., object], configure: Callable[[str], Path]
) -> None:
    school.contacts["P0006"]["email"] = ""
    take_in(school)
    assert cli("mail", "preview", "P0005").code == ExitCode.REFUSED
    configure(EMBEDDED)
    assert cli("mail", "preview", "NOBODY").code == ExitCode.NOT_FOUND
    shown = cli("mail", "preview", "P0006")
    assert (shown.code, shown.out) == (ExitCode.SOME_FAILED, "")
    assert "there is none" in shown.err


def test_letters_leave_by_the_mail_server(cli: Run, imported: SchoolFiles, configure: Callable[[str], Path]) -> None:
    with real_server() as (inbox, port):
        configure(
            f'{EMBEDDED}[mail]\ntransport = "smtp"\nsender = "Office <office@school.example>"\n'
            f'[mail.smtp]\nhost = "localhost"\nport = {port}\nsecurity = "none"\n'
        )
        result = cli("welcome", "--all-ready", "--yes")
    assert result.code == 0, result
    assert "1 welcome email handed to the mail server." in result.out
    assert "outbox" not in result.out
    assert inbox.connections == 1
    assert [got.recipients for got in inbox.received] == [["p0005@families.example"]]
