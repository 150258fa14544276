"""A contact record to compare others with: Kate Smith, mother of Noah."""

from typing import Any

from tui.domain.identity import Bond, Identity


def kate(code: str = "C1", **more: Any) -> Identity:
    """Her record, with everything that can tie it to another; `more` is what a test is about."""
    usual: dict[str, Any] = {
        "title": "Mrs",
        "given_name": "Kate",
        "surname": "Smith",
        "email": "kate@home.example",
        "mobile": "0400000001",
        "address": "1 high street norwood 5067",
        "children": (Bond("S1", "Noah", "Mother"),),
    }
    return Identity(code, **usual | more)
