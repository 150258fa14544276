"""The welcome email: one message to one person, whatever the names hold."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui.mail import welcome
from tui.mail.transport import MailError
from tui.mail.welcome import WelcomeLetter, check_template, compose_welcome
from tui.text import clean

LETTER = WelcomeLetter(
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
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
MIME_HEADERS = ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]

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


def changed(**values: Any) -> WelcomeLetter:
    return replace(LETTER, **values)


def read(message: EmailMessage) -> Any:
    return message_from_bytes(message.as_bytes(), policy=default)


def text_of(letter: WelcomeLetter, template: str | None = None) -> str:
    return str(read(compose_welcome(letter, template)).get_content()).replace("\r\n", "\n")


def test_the_message() -> None:
    message = read(compose_welcome(LETTER))
    assert message.keys() == HEADERS + MIME_HEADERS
    assert message["From"] == "Portal <portal@school.example>"
    assert message["To"] == "Mary Jones <mary@home.example>"
    assert message["Subject"] == "Welcome to SEQTA Engage at Kew Primary"
    assert message["Date"].datetime == LETTER.written_at
    assert message["Message-ID"] == "<inv-12-1@school.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"


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
    message = read(compose_welcome(letter))
    assert message["Subject"] == "Welcome to the parent portal"
    assert message["From"].addresses[0].domain == "mail.invalid"
    assert message["Message-ID"] == "<inv-12-1@mail.invalid>"
    text = text_of(letter)
    assert text.startswith("Hello,\n")
    assert "Your school invites you to the parent portal." in text
    assert "ask the school office." in text


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert compose_welcome(LETTER).as_bytes() == compose_welcome(LETTER).as_bytes()


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
    raw = compose_welcome(replace(LETTER, to_name=name)).as_bytes()
    # The newer parser of the email package puts a space between two encoded words of one name; readers do not.
    header = str(make_header(decode_header(message_from_bytes(raw)["To"])))
    assert parseaddr(header) == (shown, "mary@home.example")


def test_an_international_domain_travels_in_ascii() -> None:
    message = read(compose_welcome(replace(LETTER, to_address="mary@bücher.example", sender="a@bücher.example")))
    assert message["To"].addresses[0].addr_spec == "mary@xn--bcher-kva.example"
    assert message["Message-ID"] == "<inv-12-1@xn--bcher-kva.example>"


def test_a_message_needs_no_8bit_relay_and_no_long_lines() -> None:
    letter = replace(LETTER, school_name="Collège " + "é" * 150, link="https://p.example/" + "x" * 800)
    raw = compose_welcome(letter).as_bytes(policy=SMTP)
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78
    assert letter.link in text_of(letter)


def test_short_lines_need_no_8bit_relay_either() -> None:
    raw = compose_welcome(replace(LETTER, salutation="Zoë"), "$greeting\n$link\n").as_bytes(policy=SMTP)
    assert raw.isascii()
    assert b"8bit" not in raw


def test_a_name_that_would_be_read_as_more_recipients_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in for an email package that loses the quotes of a name.
    monkeypatch.setattr(welcome, "_display_name", lambda name: name)
    message = compose_welcome(replace(LETTER, to_name="=?utf-8?q?x=40evil.example=2C_Zo=C3=AB?= <a@evil.example>"))
    assert [found.addr_spec for found in read(message)["To"].addresses] == ["mary@home.example"]


@pytest.mark.parametrize(
    "field",
    ["to_name", "salutation", "greeting", "school_name", "portal_system", "sender", "help_contact", "username"],
)
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
def test_line_breaks_are_refused(field: str, line_break: str) -> None:
    with pytest.raises(MailError, match="line break"):
        compose_welcome(changed(**{field: f"Kew{line_break}Bcc: x@evil.example"}))


@pytest.mark.parametrize("address", ["", "n/a", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"])
def test_unusable_addresses_are_refused_without_repeating_them(address: str) -> None:
    with pytest.raises(MailError, match="can't be used") as caught:
        compose_welcome(replace(LETTER, to_address=address))
    assert not address or address not in str(caught.value)


@pytest.mark.parametrize("sender", ["office", "Office <office>", "a@b.example, c@d.example", "x <a@b.example> y"])
def test_unusable_senders_are_refused(sender: str) -> None:
    with pytest.raises(MailError, match="sender's address"):
        compose_welcome(replace(LETTER, sender=sender))


@pytest.mark.parametrize(
    "link", ["", "javascript:x", "https://p.example/a b", "https://p.example/\r\nBcc:x", "ftp://p"]
)
def test_a_link_is_a_web_address(link: str) -> None:
    with pytest.raises(MailError, match="must be a web address") as caught:
        compose_welcome(replace(LETTER, link=link))
    assert not link or link not in str(caught.value)


def test_keys_and_moments_are_checked() -> None:
    with pytest.raises(ValueError, match="a key is"):
        compose_welcome(replace(LETTER, key="a@b>\r\n"))
    for field in ("expires_at", "written_at"):
        with pytest.raises(ValueError, match="time zone"):
            compose_welcome(changed(**{field: datetime(2026, 11, 28)}))  # noqa: DTZ001


# Whatever the names hold


def assert_one_plain_message(message: EmailMessage) -> None:
    for policy in (default, SMTP):
        seen: Any = message_from_bytes(message.as_bytes(), policy=policy)
        assert seen.keys() == HEADERS + MIME_HEADERS
        assert [found.addr_spec for found in seen["To"].addresses] == ["mary@home.example"]
        assert len(seen["From"].addresses) == 1
        for name, value in seen.items():
            assert "\r" not in value, name
            assert "\n" not in value, name
    # Read as the plainest reader would: nothing but one address stands in angle brackets.
    header = message.as_bytes().partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
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
            compose_welcome(replace(LETTER, to_name=name))
    else:
        assert_one_plain_message(compose_welcome(replace(LETTER, to_name=name)))


@given(hostile, hostile, hostile, hostile)
@example("=?utf-8?q?Kew=0D=0ABcc:_x@evil.example?=", "=?utf-8?q?=0A?=", "$link", "${x}")
@settings(max_examples=200, deadline=None)
def test_no_other_value_does_either(school: str, system: str, salutation: str, contact: str) -> None:
    values = [" ".join(value.splitlines()) for value in (school, system, salutation, contact)]
    letter = replace(
        LETTER, school_name=values[0], portal_system=values[1], salutation=values[2], help_contact=values[3]
    )
    for sender in (LETTER.sender, ""):
        message = compose_welcome(replace(letter, sender=sender))
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
        message = compose_welcome(replace(LETTER, to_address=address))
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
        ("$link $token", r"unknown placeholder: \$token"),
        ("$link ${to_address}", r"unknown placeholder: \$to_address"),
        ("Welcome", r"no \$link"),
        ("$link costs $ 5", r"a \$ that begins no placeholder"),
        ("$link ${school", r"a \$ that begins no placeholder"),
    ],
)
def test_templates_are_checked(template: str, said: str) -> None:
    with pytest.raises(MailError, match=said):
        check_template(template)
    with pytest.raises(MailError, match=said):
        compose_welcome(LETTER, template)


def test_a_value_is_never_read_as_a_template() -> None:
    assert "Dear $link ${system}," in text_of(replace(LETTER, salutation="$link ${system}"))
    assert "$link ${system},\n" in text_of(replace(LETTER, greeting="$link ${system}"))


def test_a_greeting_of_ones_own_stands_instead_of_the_usual_one() -> None:
    assert text_of(replace(LETTER, greeting="Good morning Kate,")).startswith("Good morning Kate,\n")


def test_every_text_of_a_letter_is_under_test() -> None:
    # A new text field must be put to the tests above before it goes to a parent.
    texts = {f.name for f in fields(WelcomeLetter) if f.type in (str, "str")}
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
    }
