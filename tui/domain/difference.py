"""What an import changes, or would change: the difference that is read before it is applied."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tui.domain.problems import Problem


class Moved(NamedTuple):
    """Portal access flags that moved in one import, for one contact type."""

    contact_type: str
    went_off: int
    went_on: int
    went_unknown: int


class KindCount(NamedTuple):
    """Records of one kind: in the feed, new, changed, gone since the last import, back again."""

    rows: int
    new: int
    changed: int
    gone: int
    returned: int


class Ready(NamedTuple):
    """Contacts who become ready to revoke for one leading reason: how many, and the first few (code, name)."""

    reason: str
    size: int
    some: tuple[tuple[str, str], ...]


@dataclass
class Difference:
    """The result of an import or of its dry run.

    `before` and `after` count the contacts by status; `ready` says who becomes ready to revoke. `fields` counts the
    changed fields by kind of record as the change log has it (`contact`, `student`, `link`, `staff`, `account`);
    `some` names a few who are `added`, `gone` or `returned`. `not_obeyed` are codes whose username a feed still lists
    after its revoke; `verified` counts outstanding requests by outcome (`done`, `not_done`, `came_back`, `gone`).
    `shrunk` says what was lost beyond what is plausible; `problem_count` is how much is wrong with rows, the first few
    of it in `problems`, and `skipped` the rows left out for it. Both are refused unless they were accepted; `warnings`
    says that they were, and what else was noticed, `noticed` the latter alone.
    """

    number: int
    feed: str
    source: str
    taken_at: str
    dry_run: bool
    kinds: dict[str, KindCount] = field(default_factory=dict)
    flags: list[Moved] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    not_obeyed: list[str] = field(default_factory=list)
    verified: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)
    shrunk: list[str] = field(default_factory=list)
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    ready: list[Ready] = field(default_factory=list)
    no_longer_ready: int = 0
    fields: dict[str, dict[str, int]] = field(default_factory=dict)
    some: dict[str, dict[str, list[tuple[str, str]]]] = field(default_factory=dict)
