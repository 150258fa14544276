"""What a parent may choose as a username and a password.

Usernames are compared regardless of case, and take no sign that looks like another or hides. Passwords follow NIST SP
800-63B, 5.1.1.2: a length, no rules of composition, and nothing that anybody who knows the person would try first.
"""

import re
import unicodedata

USERNAME = (3, 64)
PASSWORD = (10, 128)
_USERNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@+'-]*[A-Za-z0-9])?")


def why_no_username(username: str, taken_by: int | None, person: int) -> str:
    """Why this can't be the username of `person`, "" when it can; `taken_by`: who has it, regardless of case."""
    low, high = USERNAME
    if not low <= len(username) <= high:
        return f"a username has {low} to {high} characters"
    if not _USERNAME.fullmatch(username):
        return (
            "a username has letters a to z, digits and . _ - + @ ' only, and begins and ends with a letter or a digit"
        )
    if taken_by is not None and taken_by != person:
        return "this username is taken"
    return ""


def why_no_password(password: str, *, about: tuple[str, ...]) -> str:
    """Why this can't be the password of somebody of whom `about` is known (names, username, email), "" when it can."""
    low, high = PASSWORD
    if len(password) < low:
        return f"a password has at least {low} characters"
    if len(password) > high:
        return f"a password has at most {high} characters"
    if not password.isprintable():
        return "a password has no invisible characters"
    if len(set(password)) < 4:
        return "a password has at least 4 different characters"
    plain = _plain(password)
    for known in about:
        for part in {known, *re.split(r"[^\w]+", known)}:
            # Short parts occur by chance in anything.
            if len(_plain(part)) >= 4 and _plain(part) in plain:
                return "a password does not have the name, the username or the email in it"
    return ""


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())
