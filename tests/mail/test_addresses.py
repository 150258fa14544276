"""Which email addresses can be written to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.addresses import ascii_address, usable_email, why_unusable


@pytest.mark.parametrize(
    "address",
    [
        "mary@school.example",
        "Mary.O'Brien+portal@mail.school.example",
        "m@a-b.co",
        "m_j-1@1and1.example",
        "mary@bücher.example",
        "mary@学校.example",
        "mary@xn--bcher-kva.example",
        "x" * 64 + "@school.example",
    ],
)
def test_usable(address: str) -> None:
    assert why_unusable(address) == ""
    assert usable_email(address)
    assert ascii_address(address).isascii()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "there is none"),
        ("   ", "there is none"),
        ("n/a", "there is no @"),
        ("none", "there is no @"),
        ("-", "there is no @"),
        ("mary@a.example, john@b.example", "more than one address"),
        ("mary@a.example;john@b.example", "more than one address"),
        ("mary@a.example john@b.example", "more than one address"),
        ("mary@a.example / john@b.example", "more than one address"),
        ("mary@a.example or john@b.example", "more than one address"),
        ("mary@@a.example", "more than one @"),
        ("mary@a@b.example", "more than one @"),
        ("@school.example", "nothing before the @"),
        ("mary@", "nothing after the @"),
        ("mary jones@school.example", "a space"),
        (" mary@school.example", "a space"),
        ("mary@school.example\n", "a space"),
        ("mary\r\nBcc:x@school.example", "a space"),
        ("mary\x00@school.example", "invisible"),
        ("mary\u202e@school.example", "invisible"),
        ("mary\u00a0@school.example", "a space"),
        ("mary\ufffd@school.example", "a character in it"),
        ("<mary@school.example>", "a character in it"),
        ("mary,@school.example", "a character in it"),
        ("mailto:mary@school.example", "a character in it"),
        ('"mary"@school.example', "a character in it"),
        ("mary@[127.0.0.1]", "a character in it"),
        (".mary@school.example", "a dot too many before"),
        ("mary.@school.example", "a dot too many before"),
        ("mary..j@school.example", "a dot too many before"),
        ("märy@school.example", "a letter before the @"),
        ("=?utf-8?q?x?=@school.example", "a character before the @"),
        ("x" * 65 + "@school.example", "longer than 64"),
        ("mary@school", "no dot after"),
        ("mary@.school.example", "a dot too many after"),
        ("mary@school.example.", "a dot too many after"),
        ("mary@school..example", "a dot too many after"),
        ("mary@127.0.0.1", "not the name of a mail domain"),
        ("mary@-school.example", "not the name of a mail domain"),
        ("mary@sch_ool.example", "not the name of a mail domain"),
        ("mary@" + "x" * 64 + ".example", "not the name of a mail domain"),
        ("mary@" + "ü" * 64 + ".example", "not the name of a mail domain"),
        ("mary@" + ".".join(["x" * 60] * 5), "longer than 254"),
    ],
)
def test_unusable(address: str, why: str) -> None:
    assert why in why_unusable(address)
    assert not usable_email(address)
    with pytest.raises(ValueError, match="can't be used"):
        ascii_address(address)


@given(st.text(st.characters(codec=None)) | st.from_regex(r"[ -~ü]{1,8}@[ -~ü]{1,8}\.[ -~ü]{1,4}", fullmatch=True))
def test_a_usable_address_is_one_plain_address(address: str) -> None:
    if usable_email(address):
        travels = ascii_address(address)
        assert travels.count("@") == 1
        assert travels.isascii()
        assert travels.isprintable()
        assert not set(travels) & set(' ,;:<>()[]\\"')
        assert usable_email(travels)
    else:
        assert not address.strip() or address not in why_unusable(address) or len(address) < 10
