"""Telephone numbers as they are compared: `+61 412 345 678`, `(04) 1234 5678` and `0412-345-678` are one number.

Numbers of this country get their national form with the leading nought; others keep all their digits. Nothing here
says whether a number can be rung.
"""

import re

_NOISE = re.compile(r"[^0-9+]+")


def phone_digits(value: str) -> str:
    """The digits that a number, or the beginning of one, is found and compared by; "" where there are none."""
    digits = value.replace(" ", "")
    if len(digits) == 10 and digits[0] == "0" and digits.isdigit() and digits.isascii():
        return digits  # nearly all of them; this is asked of a whole register
    digits = _NOISE.sub("", digits)
    for country in ("+61", "0061"):
        if digits.startswith(country):
            # Some write the nought as well: +61 (0)412 345 678.
            return "0" + digits[len(country) :].replace("+", "").removeprefix("0")
    digits = digits.replace("+", "")
    if len(digits) == 11 and digits.startswith("61"):
        return "0" + digits[2:]
    # A spreadsheet that took it for a number ate the leading nought.
    return "0" + digits if len(digits) == 9 and digits[0] in "23478" else digits


def is_of_a_house(digits: str) -> bool:
    """Whether a number (see `phone_digits`) is an Australian fixed line's: 02, 03, 07 or 08 (ACMA, numbering plan).

    Whoever lives in the house is reached by it.
    """
    return len(digits) == 10 and digits[:2] in ("02", "03", "07", "08")
