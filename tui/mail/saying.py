"""What mail servers said, for people: without addresses, and the same for the same cause, so that it can be grouped."""

import re

from tui.text import clean

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ?")
_MOST_SAID = 120


def say_server(lines: list[str], private: str = "") -> str:
    """A server's lines as one: cleaned and cut, without addresses, whatever of `private` stands in them (an address: it
    and its two parts), and numbers that differ with every message."""
    # Of several lines each repeats the enhanced status code (RFC 2034).
    words = " ".join([*lines[:1], *(_STATUS.sub("", line, count=1) for line in lines[1:])])
    # What stands in angle brackets is an address or a number of the server's own.
    words = re.sub(r"<[^<>]*>[:,;]?", " ", clean(words))
    parts = [part for part in (*private.casefold().split("@"), private.casefold()) if part]
    return " ".join(word for word in words.split() if not _is_private(word, parts))[:_MOST_SAID].strip()


def _is_private(word: str, parts: list[str]) -> bool:
    folded = word.casefold()
    # A long word of letters and digits is the number that the server gave this one message.
    numbered = len(word) >= 8 and bool(re.search(r"\d", word) and re.search(r"[A-Za-z]", word))
    named = any(part in re.findall(r"[\w.+-]+", folded) or (len(part) > 4 and part in folded) for part in parts)
    return "@" in word or "<" in word or ">" in word or numbered or named
