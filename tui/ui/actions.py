"""Every action of every screen, once: from these rows come the keys, the action menu, the palette and the help.

A disabled action says why. An action is carried out by the method `do_<name>` of the screen whose scope it is in; keys
can be remapped in the config by the action's name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tui.domain.causes import Cause
from tui.domain.records import UserType
from tui.manager.views import Row, Tab


@dataclass(frozen=True, slots=True)
class State:
    """What decides whether an action can be used now."""

    tab: Tab = Tab.READY_TO_REVOKE
    others: int = 0  # students and staff among the marked
    shown: int = 0
    marked: int = 0
    row: Row | None = None
    read_only: bool = False
    running: bool = False
    cause: Cause | None = None
    found: bool = False  # somebody who was found is under the cursor
    can_undo: bool = False
    searched: bool = False
    can_copy: bool = False
    column_page: int = 0
    column_pages: int = 1
    is_demo: bool = False
    importing: bool = False
    has_difference: bool = False
    source_wrong: str = ""
    step: str = ""  # of a hand-over
    walk_acted: bool = False
    waits: bool = False  # requests on a worklist wait to be attested
    said: bool = False  # a person's word may stand there, to be taken back
    decides: str = ""  # why nothing can be decided about who is under the cursor, "" when it can
    candidates: int = 0
    why_not: Mapping[str, str] = field(default_factory=dict)  # by action, as the screen itself says it


def _always(state: State) -> str:
    return ""


def _some_row(state: State) -> str:
    return "" if state.row else "no row is under the cursor"


def _some_shown(state: State) -> str:
    return "" if state.shown else "nothing is shown"


def _writes(state: State) -> str:
    return "this session is read-only" if state.read_only else ""


def _is_contact(state: State) -> bool:
    return state.row is None or state.row.user_type is UserType.CONTACT


def _acts(state: State) -> str:
    if (state.marked and state.marked == state.others) or (not state.marked and not _is_contact(state)):
        return "only contacts are acted on here; students and staff follow their own system"
    if state.running:
        return "a job is running; wait for it, or stop it (J)"
    if not state.marked and state.row is None:
        return "nothing is marked, and no row is under the cursor"
    return _writes(state)


def _hands_over(state: State) -> str:
    if state.running:
        return "a job is running; wait for it, or stop it (J)"
    return _writes(state)


def _holds_mail(state: State) -> str:
    if not _is_contact(state):
        return "only contacts are held"
    return _some_row(state) or _writes(state)


def _holds(state: State) -> str:
    if state.row is not None and state.row.held.startswith("flag group: "):
        return "held with its flag group; the answer is given there (o)"
    return _holds_mail(state)


def _somebody(state: State) -> str:
    if state.cause is None:
        return "no cause is under the cursor"
    return "" if state.cause.size else "nobody is in this cause any more"


def _holds_cause(state: State) -> str:
    cause = state.cause
    if cause is None:
        return "no cause is under the cursor"
    if cause.size == cause.held and not cause.together:
        return "all of them are held by themselves; release those on the account list"
    return _writes(state)


def _answers(state: State) -> str:
    if state.cause is None:
        return "no cause is under the cursor"
    if state.cause.group is None:
        return "this is no flag group: those are ten of one type who lost their access in one import"
    return _writes(state)


def _same_reason(state: State) -> str:
    return _some_row(state) or (
        "" if state.row and state.row.reason else "this account has no reason: it is not ready to revoke"
    )


def _somebody_found(state: State) -> str:
    return "" if state.found else "nobody is under the cursor"


def _searched(state: State) -> str:
    return "" if state.searched else "nothing was filtered for yet"


def _any_marked(state: State) -> str:
    return "" if state.marked else "nothing is marked"


def _imports(state: State) -> str:
    if state.is_demo:
        return "the demo school takes no other records; start engage-accounts without demo"
    if state.running:
        return "a job is running; wait for it, or stop it (J)"
    return _writes(state)


def _reads(state: State) -> str:
    if state.importing:
        return "something is being read or imported; esc stops it"
    if state.has_difference:
        return "the difference is on the screen"
    return state.source_wrong.rstrip(".") or _imports(state)


def _chooses(state: State) -> str:
    return "the difference is on the screen; esc leaves it" if state.has_difference else _idle(state)


def _idle(state: State) -> str:
    return "something is being read or imported; esc stops it" if state.importing else ""


def _applies(state: State) -> str:
    return (
        _idle(state)
        or ("" if state.has_difference else "the difference comes first: enter reads it")
        or _imports(state)
    )


def _walks_back(state: State) -> str:
    if state.step == "choose":
        return "this is the first step"
    return "something was done already; what was decided stays" if state.walk_acted else ""


def _at(*steps: str, why: str) -> Callable[[State], str]:
    return lambda state: "" if state.step in steps else why


def _decides(state: State) -> str:
    return _writes(state) or (state.decides if state.step == "review" else "pairs are decided at the review (step 2)")


def _has_candidate(number: int) -> Callable[[State], str]:
    return lambda state: (
        _decides(state) or ("" if state.candidates >= number else f"there is no candidate {number} for this account")
    )


def _when(test: Callable[[State], bool], why: str) -> Callable[[State], str]:
    return lambda state: "" if test(state) else why


def _said(name: str) -> Callable[[State], str]:
    return lambda state: state.why_not.get(name, "")


class Action(NamedTuple):
    """One action. `label` is for menu and palette, `help` for the help; `menu` puts it into the action menu."""

    name: str
    keys: tuple[str, ...]
    label: str
    help: str = ""
    enabled: Callable[[State], str] = _always
    menu: bool = False


MOVES = (
    Action("down", ("j", "down"), "Down"),
    Action("up", ("k", "up"), "Up"),
    Action("top", ("g", "home"), "To the top"),
    Action("bottom", ("G", "end"), "To the end"),
    Action("page_down", ("pagedown",), "A page down"),
    Action("page_up", ("pageup",), "A page up"),
    Action("half_down", ("ctrl+d",), "Half a page down"),
    Action("half_up", ("ctrl+u",), "Half a page up"),
)
FOCUS = Action("focus", ("tab",), "Between table and detail", "the keys then scroll the detail; again comes back")
FILTER = Action("filter", ("/",), "Filter", "as you type, all words must occur; enter keeps it, esc clears it")
NEXT_TAB, PREVIOUS_TAB = Action("next_tab", ("]",), "Next tab"), Action("previous_tab", ("[",), "Previous tab")
REFRESH = Action("refresh", ("r",), "Refresh", "reads the register again")
COPY = Action("copy", ("y",), "Copy", "the marked codes, or what is under the cursor; works over SSH",
              _when(lambda s: s.can_copy, "nothing to copy"), True)  # fmt: skip
LISTS = (
    Action("tab_1", ("1",), "Show those ready to revoke"),
    Action("tab_2", ("2",), "Show those ready to provision"),
    Action("tab_3", ("3",), "Show the active"),
    Action("tab_4", ("4",), "Show those who never logged in", "active accounts, where that is known"),
    Action("tab_5", ("5",), "Show those without access"),
    Action("tab_6", ("6",), "Show all"),
    NEXT_TAB, PREVIOUS_TAB,
    Action("why", ("enter",), "Why: all that is known", "evidence, family, history, what to say", _some_row, True),
    FOCUS,
    FILTER,
    Action("next_match", ("n",), "Next match", "of what was filtered for last", _searched),
    Action("previous_match", ("N",), "Previous match", "", _searched),
    Action("sort", ("s",), "Sort by a column", "the same column again reverses"),
    Action("columns_right", ("right",), "Columns to the right", "that do not fit; code and name stay",
           _when(lambda s: s.column_page + 1 < s.column_pages, "there are no more columns to the right")),
    Action("columns_left", ("left",), "Columns to the left", "",
           _when(lambda s: s.column_page > 0, "these are the first columns")),
    Action("user_type", ("t",), "User type: Contacts, Students, Staff, All"),
    REFRESH,
)  # fmt: skip
MARKING = (
    Action("mark", ("space",), "Mark or unmark, and step down", "", _some_row),
    Action("range", ("v",), "Start a range", "move, then v or space keeps it and esc drops it", _some_row),
    Action("mark_all", ("a",), "Mark all shown", "", _some_shown, True),
    Action("invert", ("*",), "Invert the marks of those shown", "", _some_shown),
    Action("clear_marks", ("u",), "Clear all marks", "hidden ones too", _any_marked),
    Action("mark_pattern", ("+",), "Mark by pattern", "words as in the filter", _some_shown),
    Action("unmark_pattern", ("-",), "Unmark by pattern", "", _any_marked),
    Action("mark_reason", (",",), "Mark all with the same reason", "among those shown", _same_reason, True),
    Action("only_marked", ("m",), "Show only the marked", "of every tab; again comes back"),
    Action("undo_marks", ("U",), "Undo the last change of marks", "",
           _when(lambda s: s.can_undo, "there is nothing to undo")),
)  # fmt: skip
ATTEST = Action("attest", ("T",), "Attest the worklist", "that it was carried out in the portal; or take that back",
                _when(lambda s: s.waits or s.said, "nothing waits to be attested"), True)  # fmt: skip
WITHDRAW = Action("withdraw", ("Z",), "Withdraw from the worklist", "what will not be done; no account is changed",
                  _when(lambda s: s.waits, "nothing waits to be carried out"), True)  # fmt: skip
ACTS = (
    Action("revoke", ("R",), "Revoke access", "of the marked, or of the row under the cursor", _acts, True),
    Action("welcome", ("W",), "Send welcome email", "to the marked, or to the row under the cursor", _acts, True),
    Action("reset", ("P",), "Send password reset", "to the marked active accounts, or to the row under the cursor",
           _acts, True),
    Action("handover", ("w",), "Hand-over wizard", "the same person's new record: pair, revoke, welcome", _hands_over,
           True),
    ATTEST, WITHDRAW,
    Action("hold", ("h",), "Hold (never revoke), or release", "with a note, until a day if need be", _holds, True),
    Action("hold_mail", ("H",), "Hold mail (never mail), or release", "with a note, until a day if need be",
           _holds_mail, True),
    Action("import", ("I",), "Import a roster", "choose it, read the difference, apply or leave", _imports, True),
    Action("export", ("e",), "Export what is shown", "as CSV", _some_shown, True),
    COPY,
)  # fmt: skip
CAUSES = (
    Action("cause_only", ("enter",), "Show only these", "on the account list, where esc shows the others again",
           _somebody, True),
    Action("cause_without", ("-",), "Show the list without these", "so that the others can be worked", _somebody, True),
    Action("cause_mark", ("space",), "Mark or unmark all of these", "for the account list, and step down", _somebody,
           True),
    Action("cause_hold", ("h",), "Hold all of these, or release them", "with a note, until a day if need be",
           _holds_cause, True),
    Action("cause_answer", ("!",), "Answer for the flag group", "what mistake and intended do", _answers, True),
    Action("cause_mistake", ("m",), "Answer: a mistake", "all are held until the flag is mended", _answers),
    Action("cause_intended", ("i",), "Answer: intended", "they may be revoked", _answers),
    COPY, FOCUS, REFRESH,
)  # fmt: skip
IN_LIST = Action("in_list", ("l",), "Show in the account list", "where it can be acted on", _somebody_found, True)
FINDING = (
    Action("words", ("/",), "Type other words", "all must occur; enter or tab leaves the line"),
    Action("whole_why", ("enter",), "Why: all that is known", "of each record, with history", _somebody_found, True),
    IN_LIST,
    COPY, FOCUS, REFRESH,
)  # fmt: skip
IMPORTING = (
    Action("import_read", ("enter",), "Read the difference", "that this source would make; nothing is imported", _reads,
           True),
    Action("import_path", ("p",), "Type the path of another source", "tab completes it", _chooses, True),
    Action("import_apply", ("A",), "Import it", "after the difference was read, and a question", _applies, True),
    Action("import_again", ("r",), "Look or read again", "for sources, or the difference that is shown", _idle, True),
    COPY, FOCUS,
)  # fmt: skip
WALKING = (
    Action("walk_on", ("enter",), "Go on", "to the next step; a plan is shown before anything is done", _writes, True),
    Action("walk_back", ("b",), "Back a step", "until something was done", _walks_back, True),
    Action("walk_mark", ("space",), "Take along, accept or answer", "whatever the row asks for", _writes, True),
    Action("walk_later", ("l",), "Leave for later", "this account; again takes it in", _decides, True),
)  # fmt: skip
PAIRING = (
    Action("accept_1", ("1",), "Accept candidate 1", "as the same person's new record", _has_candidate(1), True),
    Action("accept_2", ("2",), "Accept candidate 2", "", _has_candidate(2), True),
    Action("accept_3", ("3",), "Accept candidate 3", "", _has_candidate(3), True),
    Action("no_match", ("0",), "No match", "none of them is the same person", _decides, True),
    Action("someone_else", ("/",), "Someone else", "look up the new record by any words", _decides, True),
    Action("take_back", ("u",), "Take back", "what was decided about this account", _decides, True),
    Action("accept_certain", ("A",), "Accept all certain ones", "after reading the list; review ones never",
           _at("review", why="pairs are decided at the review (step 2)"), True),
)  # fmt: skip
FINISHING = (
    ATTEST,
    Action("greeting", ("E",), "Edit the greeting line", "of this person's email",
           _at("welcome", why="emails are looked at before they are sent (step 4)"), True),
    Action("walk_export", ("e",), "Export the summary", "as CSV, or as text to print where the name ends in .txt",
           menu=True),
    Action("walk_plan", ("S",), "Save the plan", "of those accepted, for a colleague to read and to be applied later",
           _when(lambda s: s.step in ("review", "revoke") and not s.walk_acted,
                 "a plan is saved after the review, before anything is done"), True),
    Action("walk_end", ("F",), "Finish this hand-over", "what was decided is kept", _writes, True),
    COPY, FOCUS, REFRESH,
)  # fmt: skip
JOBS = (
    Action("job_open", ("enter",), "Show what became of it", "its progress while it runs here; failures by cause",
           _said("job_open"), True),
    Action("job_resume", ("s",), "Go on with it (resume)", "nothing is done twice; what was put off is tried again",
           _said("job_resume"), True),
    Action("job_pause", ("p",), "Pause it", "after its current item, whoever runs it", _said("job_pause"), True),
    Action("job_cancel", ("X",), "Cancel it for good", "after a question; what was done stays done",
           _said("job_cancel"), True),
    Action("job_retry", ("t",), "Try again what failed or was cancelled", "a plan is shown first", _said("job_retry"),
           True),
    Action("job_restore", ("b",), "Restore this batch", "give back what it revoked; a plan is shown first",
           _said("job_restore"), True),
    ATTEST, WITHDRAW, COPY, FOCUS, REFRESH,
)  # fmt: skip
INVITATIONS = (
    Action("invitation_open", ("enter",), "Show all that is known of it", "", _said("invitation_open"), True),
    NEXT_TAB, PREVIOUS_TAB, FILTER,
    Action("send_again", ("s",), "Send it again", "with a new link; a plan is shown first", _said("send_again"), True),
    Action("send_all_again", ("S",), "Send all that are shown again", "those that failed or expired; plan first",
           _said("send_all_again"), True),
    Action("settle", ("!",), "Say what became of an unknown one", "whether it was sent or not", _said("settle"), True),
    Action("bounces", ("B",), "Read bounces", "from a mailbox folder or files; tab completes the path", _writes, True),
    Action("flush", ("F",), "Send what is due again now", "of what a mail server has put off", _said("flush"), True),
    IN_LIST, COPY, FOCUS, REFRESH,
)  # fmt: skip
SETTINGS = (
    Action("setting_open", ("enter",), "What this setting means", "its default, what is allowed, where it is changed",
           menu=True),
    Action("check_all", ("t",), "Test the connection", "and register, config and letters; nothing is changed or sent",
           menu=True),
    Action("send_test", ("E",), "Send a test email", "to an address that you type", _writes, True),
    COPY, FOCUS,
)  # fmt: skip
AUDITING = (
    Action("audit_detail", ("enter",), "All that is kept of it", "before and after, origin, hash", _some_shown, True),
    Action("audit_filter", ("/",), "Filter", "as you type, all words must occur; enter keeps it, esc clears it"),
    Action("audit_export", ("e",), "Export what is shown", "as CSV, with each event's hash", _some_shown, True),
    Action("audit_verify", ("V",), "Verify the chain", "in the background; says whether it holds, and its head",
           menu=True),
    Action("audit_copy", ("y",), "Copy the event", "works over SSH", _some_shown, True),
    Action("audit_head", ("Y",), "Copy the head of the chain", "to keep it elsewhere", _some_shown, True),
    REFRESH,
)  # fmt: skip
EVERYWHERE = (
    Action("causes", ("o",), "Causes overview", "one change or many leavers: hold, mark, list, answer", menu=True),
    Action(
        "find", ("f",), "Find a person", "who rings, by any part of a name, email, mobile, code or child", menu=True
    ),
    Action("jobs", ("J",), "Jobs", "running, stopped and done: go on, pause, try again, restore", menu=True),
    Action("invitations", ("M",), "Mail: invitations", "sent, accepted, failed, unknown; send again", menu=True),
    Action("settings", ("C",), "Settings", "the config, test the connection, send a test email", menu=True),
    Action("audit", ("L",), "Audit log", "who did what to whom and when; verify it", menu=True),
    Action("menu", ("x",), "Action menu"),
    Action("palette", (":", "ctrl+p"), "Palette: every action by name"),
    Action("theme", (), "Theme"),
    Action("help", ("?",), "Help"),
    Action("back", ("escape",), "Back", "drops a range, leaves the marked, clears the filter"),
    Action("quit", ("q",), "Quit"),
)

Groups = Mapping[str, tuple[Action, ...]]
# What can be done on which screen, by groups as the help has them. A key means one thing on one screen.
SCOPES: Mapping[str, Groups] = {
    "accounts": {"Move": MOVES, "Lists": LISTS, "Marks": MARKING, "Actions": ACTS, "Everywhere": EVERYWHERE},
    "import": {"Move": MOVES, "Actions": IMPORTING, "Everywhere": EVERYWHERE},
    "causes": {"Move": MOVES, "Actions": CAUSES, "Everywhere": EVERYWHERE},
    "find": {"Move": MOVES, "Actions": FINDING, "Everywhere": EVERYWHERE},
    "invitations": {"Move": MOVES, "Actions": INVITATIONS, "Everywhere": EVERYWHERE},
    "jobs": {"Move": MOVES, "Actions": JOBS, "Everywhere": EVERYWHERE},
    "settings": {"Move": MOVES, "Actions": SETTINGS, "Everywhere": EVERYWHERE},
    "audit": {"Move": MOVES, "Actions": AUDITING, "Everywhere": EVERYWHERE},
    "handover": {
        "Move": MOVES,
        "Actions": WALKING,
        "Pairs": PAIRING,
        "Afterwards": FINISHING,
        "Everywhere": EVERYWHERE,
    },
}
ACTIONS: Mapping[str, Action] = {
    action.name: action for groups in SCOPES.values() for group in groups.values() for action in group
}


def of_scope(scope: str) -> Mapping[str, Action]:
    """The actions of a screen by name."""
    return {action.name: action for group in SCOPES[scope].values() for action in group}
