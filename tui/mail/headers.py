"""Headers of a message, written by hand: names in any script, on short lines of ASCII, and never a second recipient.

Standards: RFC 5322 for the lines, RFC 2047 for encoded words. The email package could write them too, at many times
the cost, and some of its versions lose the quotes of a name when they fold it. It is what reads them back.
"""

import re
from base64 import b64encode

_SHORT = 70
_ENCODED_BYTES = 36  # base64 makes 48 of them; with the marks, and a header's name before it, a line stays under 76
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MOST_NAME = 100


def unencoded(value: str) -> str:
    """`value` without the mark that begins an encoded word, which could hide anything from a check of plain text."""
    return value.replace("=?", "= ?")


def display_name(name: str) -> str:
    """`name` for an address header, without the signs that structure one."""
    return " ".join(re.sub(r'[()<>\[\]:;@\\,"]', " ", unencoded(name)).split())[:_MOST_NAME].strip()


def text_header(name: str, value: str) -> str:
    """A header of free text; encoded where it is long or not ASCII. `value` must have no line break in it."""
    value = unencoded(value)
    if value.isascii() and len(name) + len(value) <= _SHORT:
        return f"{name}: {value}\r\n"
    return f"{name}: {_encoded(value)}\r\n"


def address_header(name: str, person: str, address: str) -> str:
    """A header with one address; `person` is a `display_name`, or "" for none."""
    if not person:
        return f"{name}: {address}\r\n"
    if not person.isascii() or len(person) > _SHORT - len(name) - 2:
        written = _encoded(person)
    elif _PLAIN_NAME.fullmatch(person):
        written = person
    else:
        written = f'"{person}"'
    last = written.rpartition("\r\n")[2]
    gap = " " if len(name) + len(last) + len(address) <= _SHORT else "\r\n "
    return f"{name}: {written}{gap}<{address}>\r\n"


def _encoded(value: str) -> str:
    """`value` as encoded words, one a line, none of which ends within a character."""
    words: list[bytes] = []
    for character in value:
        raw = character.encode("utf-8", "replace")
        if words and len(words[-1]) + len(raw) <= _ENCODED_BYTES:
            words[-1] += raw
        else:
            words.append(raw)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words)
