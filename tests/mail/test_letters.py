"""Our letters: one message to one person, whatever the names hold; and the wording, which a school can replace."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import SMTP, default
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui.errors import ConfigError
from tui.mail import letters
from tui.mail.letters import PLACEHOLDERS, Letter, Templates, compose, note, opened
from tui.mail.transport import MailError, Message
from tui.text import clean

LETTER = Letter(
    to_address="mary@home.example",
    to_name="Mary Jones",
    salutation="Mrs Jones",
    school_name="Kew Primary",
    portal_system="SEQTA Engage",
    sender="Portal <portal@school.example>",
    link="https://portal.school.example/welcome/s3cret-token",
    expires_at=datetime(2026, 11, 27, 20, 5, tzinfo=UTC),
    help_contact="the office on 03 9999 0000",
    username="",
    key="inv-12-1",
    written_at=datetime(2026, 11, 20, 20, 5, tzinfo=UTC),
    zone=timezone(timedelta(hours=11)),
)
NOW = LETTER.written_at
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
MIME_HEADERS = ["MIME-Version", "Content-Type"]

names = st.text(st.characters(codec=None), max_size=300)
nasty = st.lists(
    st.sampled_from(
        [
            *("=?utf-8?q?", "=?utf-8?b?", "?=", "?", "=", "=0D=0ABcc:_x@evil.example"),
            *("DQpCY2M6IHhAZXZpbC5leGFtcGxl", "x@evil.example", "Bcc: "),
            *("Jones", "Ängström", "👩\u200d👧", "名", "e\u0301", "x" * 90, "ö" * 90),
            *',;:<>()"\\@. \t\x00\u202e\ud800\u2028',
        ]
    ),
    max_size=12,
).map("".join)
hostile = names | nasty


def changed(**values: Any) -> Letter:
    return replace(LETTER, **values)


def read(message: Message) -> Any:
    return opened(message)


def part_of(letter: Letter, kind: str, template: str | None = None) -> str:
    templates = Templates.of("welcome", template) if template is not None else None
    part = read(compose(letter, templates)).get_body((kind,))
    return str(part.get_content())


def text_of(letter: Letter, template: str | None = None) -> str:
    return part_of(letter, "plain", template)


def test_the_message() -> None:
    message = read(compose(LETTER))
    assert message.keys() == HEADERS + MIME_HEADERS
    assert message["From"] == "Portal <portal@school.example>"
    assert message["To"] == "Mary Jones <mary@home.example>"
    assert message["Subject"] == "Welcome to SEQTA Engage at Kew Primary"
    assert message["Date"].datetime == LETTER.written_at
    assert message["Message-ID"] == "<inv-12-1@school.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_text() -> None:
    text = text_of(LETTER)
    assert text.startswith("Dear Mrs Jones,\n")
    assert "Kew Primary invites you to SEQTA Engage." in text
    assert "\n    https://portal.school.example/welcome/s3cret-token\n" in text
    assert "until 28 Nov 2026 07:05" in text
    assert "choose a username and a password" in text
    assert "contact the office on 03 9999 0000." in text
    assert "$" not in text


def test_an_existing_username_stays() -> None:
    text = text_of(replace(LETTER, username="mjones"))
    assert "Your username stays as it is: mjones" in text
    assert "choose a username" not in text


def test_what_is_not_known_is_said_without() -> None:
    letter = replace(LETTER, salutation="", school_name="", help_contact="", sender="", portal_system="")
    message = read(compose(letter))
    assert message["Subject"] == "Welcome to the parent portal at your school"
    assert message["From"].addresses[0].domain == "mail.invalid"
    assert message["Message-ID"] == "<inv-12-1@mail.invalid>"
    text = text_of(letter)
    assert text.startswith("Hello,\n")
    assert "Your school invites you to the parent portal." in text
    assert "ask the school office." in text


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert compose(LETTER).content == compose(LETTER).content


@pytest.mark.parametrize("field", ["link", "to_address", "to_name", "salutation", "greeting", "username"])
def test_a_repr_shows_nobody_and_no_link(field: str) -> None:
    letter = changed(**{field: "https://sh0uld-not-show.example"})
    assert "sh0uld-not-show" not in repr(letter)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zoë Ångström", "Zoë Ångström"),
        ('Mary "Molly" O\'Brien', "Mary Molly O'Brien"),
        ("Jones, Mary", "Jones Mary"),
        ("Dr. J. Smith (Jnr.)", "Dr. J. Smith Jnr."),
        ("王小明", "王小明"),
        ("Kim 👩‍👧", "Kim 👩‍👧"),
        ("Nguyễn Thị Ánh Nguyệt Trần-Lê Đặng Hữu Phước", "Nguyễn Thị Ánh Nguyệt Trần-Lê Đặng Hữu Phước"),
        ("Ł" * 100, "Ł" * 100),
        ("x" * 300, "x" * 100),
        ("", ""),
    ],
)
def test_names_in_the_to_header(name: str, shown: str) -> None:
    raw = compose(replace(LETTER, to_name=name)).content
    # The newer parser of the email package puts a space between two encoded words of one name; readers do not.
    header = str(make_header(decode_header(message_from_bytes(raw)["To"])))
    assert parseaddr(header) == (shown, "mary@home.example")


def test_an_international_domain_travels_in_ascii() -> None:
    message = read(compose(replace(LETTER, to_address="mary@bücher.example", sender="a@bücher.example")))
    assert message["To"].addresses[0].addr_spec == "mary@xn--bcher-kva.example"
    assert message["Message-ID"] == "<inv-12-1@xn--bcher-kva.example>"


def test_a_message_needs_no_8bit_relay_and_no_long_lines() -> None:
    letter = replace(LETTER, school_name="Collège " + "é" * 150, link="https://p.example/" + "x" * 800)
    raw = compose(letter).content
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78
    assert letter.link in text_of(letter)


def test_short_lines_need_no_8bit_relay_either() -> None:
    raw = compose(replace(LETTER, salutation="Zoë"), Templates.of("welcome", "$greeting\n$link\n")).content
    assert raw.isascii()
    assert b"8bit" not in raw


def test_a_name_that_would_be_read_as_more_recipients_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in for a slip in how names are written.
    monkeypatch.setattr(letters, "display_name", lambda name: name)
    message = compose(replace(LETTER, to_name="=?utf-8?q?x=40evil.example=2C_Zo=C3=AB?= <a@evil.example>"))
    assert [found.addr_spec for found in read(message)["To"].addresses] == ["mary@home.example"]


@pytest.mark.parametrize(
    "field",
    ["to_name", "salutation", "greeting", "school_name", "portal_system", "sender", "help_contact", "username"],
)
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
def test_line_breaks_are_refused(field: str, line_break: str) -> None:
    with pytest.raises(MailError, match="line break"):
        compose(changed(**{field: f"Kew{line_break}Bcc: x@evil.example"}))


@pytest.mark.parametrize("address", ["", "n/a", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"])
def test_unusable_addresses_are_refused_without_repeating_them(address: str) -> None:
    with pytest.raises(MailError, match="can't be used") as caught:
        compose(replace(LETTER, to_address=address))
    assert not address or address not in str(caught.value)


@pytest.mark.parametrize("sender", ["office", "Office <office>", "a@b.example, c@d.example", "x <a@b.example> y"])
def test_unusable_senders_are_refused(sender: str) -> None:
    with pytest.raises(MailError, match="sender's address"):
        compose(replace(LETTER, sender=sender))


@pytest.mark.parametrize(
    "link", ["", "javascript:x", "https://p.example/a b", "https://p.example/\r\nBcc:x", "ftp://p"]
)
def test_a_link_is_a_web_address(link: str) -> None:
    with pytest.raises(MailError, match="must be a web address") as caught:
        compose(replace(LETTER, link=link))
    assert not link or link not in str(caught.value)


def test_keys_and_moments_are_checked() -> None:
    with pytest.raises(ValueError, match="a key is"):
        compose(replace(LETTER, key="a@b>\r\n"))
    for field in ("expires_at", "written_at"):
        with pytest.raises(ValueError, match="time zone"):
            compose(changed(**{field: datetime(2026, 11, 28)}))  # noqa: DTZ001


# Whatever the names hold


def assert_one_plain_message(message: Message) -> None:
    for policy in (default, SMTP):
        seen: Any = message_from_bytes(message.content, policy=policy)
        assert seen.keys() == HEADERS + MIME_HEADERS
        assert [found.addr_spec for found in seen["To"].addresses] == ["mary@home.example"]
        assert len(seen["From"].addresses) == 1
        for name, value in seen.items():
            assert "\r" not in value, name
            assert "\n" not in value, name
    # Read as the plainest reader would: nothing but one address stands in angle brackets.
    header = message.content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
    (to,) = (line for line in header if line.lower().startswith(b"to:"))
    assert to.count(b"@") == 1
    assert b"," not in to
    assert b";" not in to


@given(hostile)
@example("=?utf-8?q?Mary=0D=0ABcc:_x@evil.example?=")
@example("=?utf-8?b?TWFyeQ0KQmNjOiB4QGV2aWwuZXhhbXBsZQ==?=")
@example("x@evil.example, Zoë")
@example("Zoë <x@evil.example>,")
@example("." + 75 * "0")
@settings(max_examples=300, deadline=None)
def test_no_name_makes_a_second_header_or_recipient(name: str) -> None:
    if "\r" in name or "\n" in name:
        with pytest.raises(MailError):
            compose(replace(LETTER, to_name=name))
    else:
        assert_one_plain_message(compose(replace(LETTER, to_name=name)))


@given(hostile, hostile, hostile, hostile)
@example("=?utf-8?q?Kew=0D=0ABcc:_x@evil.example?=", "=?utf-8?q?=0A?=", "$link", "${x}")
@settings(max_examples=200, deadline=None)
def test_no_other_value_does_either(school: str, system: str, salutation: str, contact: str) -> None:
    values = [" ".join(value.splitlines()) for value in (school, system, salutation, contact)]
    letter = replace(
        LETTER, school_name=values[0], portal_system=values[1], salutation=values[2], help_contact=values[3]
    )
    for sender in (LETTER.sender, ""):
        message = compose(replace(letter, sender=sender))
        assert_one_plain_message(message)
        text = text_of(replace(letter, sender=sender))
        assert text.count(letter.link) == 1
        assert clean(values[2])[:50].rstrip() in text
        assert all(line == clean(line) or line.startswith("    ") for line in text.splitlines())


@given(hostile)
@example("0@0.A")
@settings(max_examples=100, deadline=None)
def test_no_address_but_one_is_written_to(address: str) -> None:
    try:
        message = compose(replace(LETTER, to_address=address))
    except MailError:
        return
    written = read(message)["To"].addresses[0].addr_spec
    assert written.lower().endswith(address.rpartition("@")[2].lower()), "a domain is the same in either case"


# Templates


def test_a_template_of_the_schools_own() -> None:
    text = text_of(LETTER, "Hi! $greeting\n  $link\n$$5\x1b\n")
    assert text == f"Hi! Dear Mrs Jones\n  {LETTER.link}\n$5\ufffd\n"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("$link\n\n$token", r"welcome.txt has an unknown placeholder: \$token \(line 3\)"),
        ("$link ${to_address}", r"welcome.txt has an unknown placeholder: \$to_address \(line 1\)"),
        ("Welcome", r"welcome.txt has no \$link"),
        ("\n$link costs $ 5", r"welcome.txt has a \$ that begins no placeholder \(line 2\)"),
        ("$link ${school", r"a \$ that begins no placeholder \(line 1\)"),
        ("Subject: $link\n\n$link", r"unknown placeholder: \$link \(line 1, the subject\)"),
        ("Subject: x\n\n$link\n$nobody", r"unknown placeholder: \$nobody \(line 4\)"),
        ("subject: x\n$link\n$nobody", r"unknown placeholder: \$nobody \(line 3\)"),
        ("Subject:  \n\n$link", r"welcome.txt has a blank subject \(line 1\)"),
    ],
)
def test_templates_are_checked(template: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Templates.of("welcome", template)
    assert caught.value.todo


def test_every_placeholder_that_is_known_can_be_used_in_text_and_html() -> None:
    everything = "\n".join(f"{name}=${name}" for name in PLACEHOLDERS)
    message = read(compose(changed(portal_url="https://p.example"), Templates.of("welcome", everything, everything)))
    for part in message.iter_parts():
        assert part.get_content().count("=") >= len(PLACEHOLDERS)
        assert "portal_url=https://p.example" in part.get_content()
        assert "$" not in part.get_content()


def test_a_value_is_never_read_as_a_template() -> None:
    assert "Dear $link ${system}," in text_of(replace(LETTER, salutation="$link ${system}"))
    assert "$link ${system},\n" in text_of(replace(LETTER, greeting="$link ${system}"))


def test_a_greeting_of_ones_own_stands_instead_of_the_usual_one() -> None:
    assert text_of(replace(LETTER, greeting="Good morning Kate,")).startswith("Good morning Kate,\n")


def test_every_text_of_a_letter_is_under_test() -> None:
    # A new text field must be put to the tests above before it goes to a parent.
    texts = {f.name for f in fields(Letter) if f.type in (str, "str")}
    assert texts == {
        "to_address",
        "to_name",
        "salutation",
        "greeting",
        "school_name",
        "portal_system",
        "sender",
        "link",
        "help_contact",
        "username",
        "key",
        "portal_url",
    }


# HTML


def test_the_html_says_the_same_and_links_to_it() -> None:
    html = part_of(replace(LETTER, username="mjones"), "html")
    assert f'<a href="{LETTER.link}">{LETTER.link}</a>' in html
    for said in ("Dear Mrs Jones,", "Kew Primary invites you", "stays as it is: mjones<br>", "28 Nov 2026 07:05"):
        assert said in html


@given(hostile, hostile, hostile, hostile)
@example("<script>alert(1)</script>", '"><img src=x>', "&lt;", "</p>")
@settings(max_examples=100, deadline=None)
def test_no_value_is_read_as_html(school: str, system: str, salutation: str, contact: str) -> None:
    values = [" ".join(value.splitlines()) for value in (school, system, salutation, contact)]
    letter = changed(school_name=values[0], portal_system=values[1], salutation=values[2], help_contact=values[3])
    seen = Elements()
    seen.feed(part_of(letter, "html"))
    usual = Elements()
    usual.feed(part_of(LETTER, "html"))
    assert seen.found == usual.found


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")


# Passwords


def test_a_reset_letter() -> None:
    letter = changed(purpose="reset", username="mjones", link="https://portal.school.example/reset#t")
    message = read(compose(letter))
    assert message["Subject"] == "A new password for SEQTA Engage at Kew Primary"
    text, html = (part.get_content() for part in message.iter_parts())
    assert "Your username is mjones." in text
    assert "choose a new password" in text
    assert "your password stays as it is" in " ".join(text.split())
    assert "https://portal.school.example/reset#t" in text
    assert "Your username is mjones.<br>" in html


# Notes


def test_a_note_is_one_plain_message() -> None:
    made = note(
        "mary@home.example", "a@b.example", "Kew", "Test", "It works.\nBye", key="t1", written_at=NOW, expires_at=NOW
    )
    message = read(made)
    assert message["To"].addresses[0].addr_spec == made.recipient == "mary@home.example"
    assert message["From"] == "a@b.example"
    assert message.get_content().splitlines() == ["It works.", "Bye"]
    for subject in ("x\r\nBcc: y@z.example", "x\ny"):
        with pytest.raises(MailError):
            note("mary@home.example", "", "Kew", subject, "", key="t1", written_at=NOW, expires_at=NOW)


# A school's folder


def test_a_folder_replaces_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "welcome.txt").write_text("Subject: Hello from $school\n\n$greeting: $link\n", "utf-8")
    templates = Templates.load(tmp_path)
    message = read(compose(LETTER, templates))
    assert message["Subject"] == "Hello from Kew Primary"
    assert message.get_content_type() == "text/plain", "the shipped HTML would say something else"
    assert message.get_content() == f"Dear Mrs Jones: {LETTER.link}\n"
    reset = read(compose(changed(purpose="reset"), templates))
    assert reset.get_content_type() == "multipart/alternative"
    (tmp_path / "welcome.html").write_bytes("\ufeff<p>$greeting $link é".encode())
    message = read(compose(LETTER, Templates.load(tmp_path)))
    assert message.get_body(("html",)).get_content() == f"<p>Dear Mrs Jones {LETTER.link} é\n"
    assert message["Subject"] == "Hello from Kew Primary"


def test_a_text_without_a_subject_has_the_usual_one() -> None:
    message = read(compose(LETTER, Templates.of("welcome", "$link")))
    assert message["Subject"] == "Welcome to SEQTA Engage at Kew Primary"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("welcome.html", b"<p>$lnk", r"welcome\.html has an unknown placeholder: \$lnk \(line 1\)"),
        ("reset.html", b"<p>", r"reset\.html has no \$link"),
        ("reset.txt", b"caf\xe9", r"reset\.txt is not UTF-8 text \(line 1\)"),
        ("reset.txt", b"x" * 100_001, r"reset\.txt is over 100,000 bytes"),
        ("notes.txt", b"", "There is no template in"),
    ],
)
def test_what_is_wrong_in_a_folder_is_said_with_its_file(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=said) as caught:
        Templates.load(tmp_path)
    assert str(tmp_path) in caught.value.what
    assert caught.value.todo


def test_a_template_that_is_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "welcome.txt").mkdir()
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        Templates.load(tmp_path)
    with pytest.raises(ConfigError, match="There is no template in"):
        Templates.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "changes",
    [
        {"content": b"To: x\n\nbare\n"},
        {"content": b"To: x\r\n\r\nlone \r here\r\n"},
        {"content": b"To: x\r\n\r\nno end"},
        {"content": "To: é\r\n".encode()},
        {"content": b"nul \0\r\n"},
        {"recipient": "Mary <mary@home.example>"},
        {"recipient": "mary@home.example\r\nDATA"},
        {"recipient": "mary@bücher.example"},
        {"sender": ""},
        {"key": "a b"},
        {"expires_at": datetime(2026, 11, 28)},  # noqa: DTZ001
    ],
)
def test_a_message_that_a_server_could_misread_is_not_made(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a key|address|content|time zone"):
        replace(compose(LETTER), **changes)
    made = compose(LETTER)
    assert "mary@" not in repr(made)
    assert "s3cret" not in repr(made)
