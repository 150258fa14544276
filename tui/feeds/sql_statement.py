"""Whether a text is one statement that reads, told before it is sent anywhere; and where in it a position lies.

This is the first of three checks: the database is asked in a read-only transaction, and takes one statement at a time.
So it need not know every corner of SQL; where it errs, it refuses.
"""

import re

_COMMENT_OR_QUOTED = re.compile(
    r"""--[^\n]*                       # a comment to the end of the line
      | /\*.*?(?:\*/|\Z)               # a comment; nested ones are refused by what is left of them
      | '(?:[^']|'')*(?:'|\Z)          # text
      | "(?:[^"]|"")*(?:"|\Z)          # a name
      | `[^`]*(?:`|\Z)                 # a name, as SQLite takes it
      | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)   # text, as PostgreSQL takes it
    """,
    re.X | re.S,
)
_READS = ("select", "with", "values", "table")


def why_not_reading(statement: str) -> str:
    """Why this is not one statement that reads, in words that follow "it"; "" when it is."""
    bare = _COMMENT_OR_QUOTED.sub(
        lambda found: " " if found[0].startswith(("--", "/*")) else " 'x' ", statement
    ).strip()
    bare = bare.removesuffix(";").rstrip()
    if not bare:
        return "is blank"
    if ";" in bare:
        return "holds more than one statement"
    first = re.match(r"[\s(]*(\w+)", bare)
    if first is None or first[1].lower() not in _READS:
        return "does not begin with SELECT or WITH"
    return ""


def without_end(statement: str) -> str:
    """The statement without the semicolon and blanks behind it: what begins with it can be wrapped around it."""
    return statement.rstrip().removesuffix(";").rstrip()


def place(statement: str, position: int) -> str:
    """`line 3, character 8` of a statement, for a position counted from one."""
    before = statement[: max(position - 1, 0)]
    return f"line {before.count(chr(10)) + 1}, character {len(before) - (before.rfind(chr(10)) + 1) + 1}"
