"""Hand-overs: what is decided is kept, and nothing is revoked or sent but through the gates."""

import sqlite3
import threading
from collections.abc import Iterator
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.letters import text_of
from tests.manager.handing_over import school
from tests.register.making import ACTOR, Register
from tui.domain.gates import Decision, Verb, Verdict
from tui.domain.handover import Standing, Step
from tui.errors import NotFound, Refused
from tui.jobs import planning
from tui.jobs.plan import Confirmation, JobReport
from tui.manager.handover_views import HandoverAccount
from tui.manager.manager import AccountManager


class Walk:
    """A register with a hand-over begun in it."""

    def __init__(self, path: Path, service: str = "embedded", **people: Any) -> None:
        self.register = Register(path, service=service)
        self.register.take(school(**people))
        self.manager = self.register.manager
        self.number = self.manager.start_handover()

    def of(self, code: str) -> HandoverAccount:
        account = self.manager.handover(self.number).account(code)
        assert account is not None
        return account

    def standings(self) -> dict[str, Standing]:
        return {account.code: account.standing for account in self.manager.handover(self.number).accounts}

    def run(self, verb: Verb) -> JobReport:
        plan = self.manager.handover_plan(self.manager.handover(self.number), verb)
        return self.manager.run(plan, Confirmation(yes=True, typed_count=plan.count))

    def planned(self, verb: Verb) -> list[str]:
        plan = self.manager.handover_plan(self.manager.handover(self.number), verb)
        return sorted(item.code for item in plan.items)

    def mails(self) -> list[Path]:
        return sorted(self.register.path.parent.rglob("*.eml"))


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    made = Walk(tmp_path / "register.sqlite3")
    yield made
    made.manager.close()


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[Walk]:
    made = Walk(tmp_path / "register.sqlite3", service="worklist")
    yield made
    made.manager.close()


# -- what correlation found goes into reasons and gates --------------------------------------------------------------


def test_reasons_are_fed_with_their_evidence(walk: Walk) -> None:
    reasons = walk.register.reasons()
    assert reasons["OLDK"] == reasons["OLDJ"] == "superseded no_current_student"
    assert reasons["OLDL"] == "no_current_student"
    said, speaks, against = walk.register.evidence("OLDK")["superseded"]
    assert said == "Mrs Katherine Jones (NEWK) is probably the same person, and has no account yet."
    assert speaks.startswith("For it: ")
    assert "same mobile, which nobody else has" in speaks
    assert against.startswith("Against it: surname Smith against Jones")
    assert walk.register.evidence("OLDJ")["superseded"][0].startswith("Mrs Anna Brown (NEWA) may be the same person, ")
    assert walk.manager.why("OLDK").next_step.startswith("Hand over (w): ")
    assert "We are looking into why" in walk.manager.why("OLDJ").say


def test_a_username_on_the_wrong_record_says_whose_it_is(tmp_path: Path) -> None:
    fresh = Register(tmp_path / "r.sqlite3")
    fresh.take(school(unlinked=["OLDK"]))
    assert fresh.reasons()["OLDK"] == "superseded misplaced_username"
    assert fresh.evidence("OLDK")["misplaced_username"][1] == (
        "The username belongs to Mrs Katherine Jones (NEWK), as far as the records say."
    )


def test_a_probable_new_record_keeps_both_from_being_acted_on_in_bulk(walk: Walk) -> None:
    plan = walk.manager.plan(Verb.REVOKE, all_ready=True)
    assert [item.code for item in plan.items] == ["OLDL"]
    why = {left.code: left.why for left in plan.left_out}
    assert "is probably the same person, and nobody has accepted or rejected that" in why["OLDK"]
    assert "may be the same person" in why["OLDJ"]
    welcomed = walk.manager.plan(Verb.WELCOME, all_ready=True)
    assert sorted(item.code for item in welcomed.items) == ["FREE", "NEWB"]
    why = {left.code: left.why for left in welcomed.left_out}
    assert why["NEWK"].startswith("OLDK is probably the same person's old account and still there")
    assert "OLDJ may be this person's old account" in why["NEWA"]


def test_accepted_they_are_revoked_in_bulk_on_every_path(walk: Walk) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    assert "OLDK" in {item.code for item in walk.manager.plan(Verb.REVOKE, all_ready=True).items}
    said = walk.register.evidence("OLDK")["superseded"][0]
    assert said.startswith(f"Mrs Katherine Jones (NEWK) was accepted as the same person by {ACTOR.operator} on ")


def test_what_was_found_before_stands_until_the_next_session_pairs_anew(walk: Walk) -> None:
    with sqlite3.connect(walk.register.path) as connection:  # as if killed between the import and the pairing
        connection.execute("DELETE FROM meta WHERE key = 'correlated'")
        connection.execute("DELETE FROM correlations")
    walk.manager.close()
    manager = AccountManager(walk.manager.settings, walk.register.path, actor=ACTOR)
    try:
        assert manager.why("OLDK").reasons[0].reason == "superseded"
        assert walk.register.read("SELECT count(*) FROM correlations") != [(0,)]
    finally:
        manager.close()


# -- deciding --------------------------------------------------------------------------------------------------------


def test_where_each_account_stands(walk: Walk) -> None:
    assert walk.standings() == {
        "OLDK": Standing.CERTAIN, "OLDJ": Standing.REVIEW, "OLDL": Standing.NOBODY, "OLDM": Standing.NOBODY,
    }  # fmt: skip
    assert {code: walk.of(code).cause for code in ("OLDK", "OLDJ", "OLDL")} == {
        "OLDK": "name change", "OLDJ": "family split", "OLDL": "nobody",
    }  # fmt: skip


def test_certain_ones_are_accepted_together_and_review_ones_never(walk: Walk) -> None:
    assert walk.manager.accept_certain(walk.number, ["OLDJ", "OLDK", "OLDL"]) == ["OLDK"]
    assert walk.standings()["OLDJ"] is Standing.REVIEW
    assert walk.of("OLDK").new == "NEWK"


def test_a_rejected_pair_is_not_proposed_again_until_its_evidence_changes(walk: Walk) -> None:
    walk.manager.reject(walk.number, "OLDK")
    assert walk.standings()["OLDK"] is Standing.NOBODY
    assert "superseded" not in walk.register.reasons()["OLDK"]
    walk.manager.end_handover(walk.number)

    walk.register.take(school(10))
    walk.number = walk.manager.start_handover()
    account = walk.of("OLDK")
    assert account.standing is Standing.NOBODY
    assert account.pairs[0].said_before == f"rejected by {ACTOR.operator} on 29 Jan 2026"

    walk.register.take(school(20, NEWK={"surname": "Smith"}))
    account = walk.of("OLDK")
    assert account.standing is Standing.REVIEW  # and not certain: somebody had said no
    assert account.pairs[0].said_before.endswith("; the evidence has changed since")
    assert walk.register.reasons()["OLDK"].startswith("superseded")


def test_an_accepted_pair_whose_evidence_changed_is_looked_at_again(walk: Walk) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.register.take(school(10, NEWK={"title": "Mr"}))
    account = walk.of("OLDK")
    assert account.standing is Standing.REVIEW
    assert "OLDK" not in walk.planned(Verb.REVOKE)
    assert "OLDK" not in {item.code for item in walk.manager.plan(Verb.REVOKE, all_ready=True).items}
    assert "may be the same person" in account.to_revoke.sentence


def test_what_was_decided_is_taken_back(walk: Walk) -> None:
    before = walk.register.reasons()
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.manager.take_back(walk.number, "OLDK")
    assert walk.standings()["OLDK"] is Standing.CERTAIN
    walk.manager.reject(walk.number, "OLDK")
    walk.manager.take_back(walk.number, "OLDK")
    assert (walk.standings()["OLDK"], walk.register.reasons()) == (Standing.CERTAIN, before)


def test_two_old_accounts_to_one_new_record_need_to_be_sure(walk: Walk) -> None:
    walk.manager.accept(walk.number, "OLDJ", "NEWA")
    with pytest.raises(Refused, match="NEWA was already accepted as the new record of OLDJ: two old accounts, one new"):
        walk.manager.accept(walk.number, "OLDM", "NEWA")
    walk.manager.accept(walk.number, "OLDM", "NEWA", sure=True)
    assert walk.manager.handover(walk.number).doubled == {"NEWA": ["OLDJ", "OLDM"]}
    assert walk.planned(Verb.REVOKE) == ["OLDJ", "OLDL", "OLDM"]
    walk.run(Verb.REVOKE)
    report = [item.code for item in walk.manager.handover_plan(walk.manager.handover(walk.number), Verb.WELCOME).items]
    assert report.count("NEWA") <= 1


def test_the_other_parent_is_only_accepted_by_somebody_who_is_sure(walk: Walk) -> None:
    pair = walk.manager.compare_pair("OLDK", "NEWB")
    assert pair.sexes_contradict
    with pytest.raises(Refused, match="The sexes of the two records contradict"):
        walk.manager.accept(walk.number, "OLDK", "NEWB")
    assert walk.of("OLDK").standing is Standing.CERTAIN


def test_somebody_else_is_compared_kept_and_doubted_when_mailed(walk: Walk) -> None:
    assert walk.manager.compare_pair("OLDM", "FREE").rank == 0
    walk.manager.accept(walk.number, "OLDM", "FREE", sure=True)
    assert (walk.of("OLDM").new, walk.of("OLDM").cause) == ("FREE", "chosen by hand")
    walk.run(Verb.REVOKE)
    account = walk.of("OLDM")
    assert account.question == "The match with the old record OLDM was up for review."
    assert "FREE" not in walk.planned(Verb.WELCOME)
    # Another import pairs anew, and what a person chose is still there.
    walk.register.take(school(10, OLDM={"username": ""}))
    assert walk.of("OLDM").new == "FREE"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [("OLDK", "OLDL", "is not eligible"), ("OLDK", "OLDK", "is the old record itself")],
)
def test_who_can_not_be_a_new_record(walk: Walk, old: str, new: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        walk.manager.accept(walk.number, old, new, sure=True)


def test_unknown_codes_and_others_accounts_are_refused(walk: Walk) -> None:
    with pytest.raises(NotFound, match="NOPE"):
        walk.manager.accept(walk.number, "NOPE", "NEWK")
    with pytest.raises(NotFound, match="FREE is not in hand-over 1"):
        walk.manager.reject(walk.number, "FREE")
    with pytest.raises(Refused, match="Not ready to revoke: FREE"):
        walk.manager.start_handover(["FREE"])
    with pytest.raises(NotFound):
        walk.manager.handover(99)


# -- doing -----------------------------------------------------------------------------------------------------------


def test_the_whole_walk(walk: Walk) -> None:
    walk.manager.accept_certain(walk.number, ["OLDK"])
    walk.manager.accept(walk.number, "OLDJ", "NEWA")
    assert walk.planned(Verb.WELCOME) == []  # nothing before the old account is gone
    assert walk.planned(Verb.REVOKE) == ["OLDJ", "OLDK", "OLDL"]  # OLDM is asked about by itself
    question = walk.of("OLDM").question
    assert "that parent will have no access" in question
    walk.manager.answer(walk.number, "OLDM", question)
    assert len(walk.run(Verb.REVOKE).of("done")) == 4
    assert {code for code, username in walk.register.usernames().items() if username} == set()

    assert walk.planned(Verb.WELCOME) == ["NEWK"]
    walk.manager.greet(walk.number, "OLDK", "Dear Kate,")
    preview = walk.manager.welcome_email(walk.of("OLDK"))
    asked = walk.of("OLDJ").question
    assert asked == "The match with the old record OLDJ was up for review."
    walk.manager.answer(walk.number, "OLDJ", asked)
    assert walk.planned(Verb.WELCOME) == ["NEWA", "NEWK"]
    assert len(walk.run(Verb.WELCOME).of("done")) == 2

    mails = {path.read_text().split("\nTo: ")[1].split("\n")[0]: path.read_text() for path in walk.mails()}
    assert sorted(mails) == ["Mrs Anna Brown <browns@home.example>", "Mrs Katherine Jones <kate@home.example>"]
    mail = text_of(message_from_string(mails["Mrs Katherine Jones <kate@home.example>"], policy=default))
    assert mail.startswith("Dear Kate,\n")
    # To the letter, but for the link and the moment.
    link, dummy = "https://portal.invalid/welcome#", "the-one-time-link-is-made-when-it-is-sent"
    body, shown = mail.splitlines(), preview.split("\n\n", 1)[1].splitlines()
    assert [line for line in shown if dummy not in line] == [line for line in body if link not in line]

    told = {one.account.code: one.outcome for one in walk.manager.handover_summary(walk.manager.handover(walk.number))}
    assert told["OLDK"] == "Revoked, and NEWK welcomed: welcome email handed to the outbox."
    assert (told["OLDL"], told["OLDM"]) == ("Revoked.", "Revoked.")
    assert walk.manager.handover(walk.number).has_acted


def test_an_answer_holds_for_the_very_question(walk: Walk) -> None:
    walk.manager.answer(walk.number, "OLDM", walk.of("OLDM").question)
    assert "OLDM" in walk.planned(Verb.REVOKE)
    walk.register.take(school(10, children={"S4": {"given_name": "Another"}}))
    assert "OLDM" not in walk.planned(Verb.REVOKE)
    with pytest.raises(Refused, match="has changed meanwhile"):
        walk.manager.answer(walk.number, "OLDM", "an older question")
    walk.manager.answer(walk.number, "OLDM", walk.of("OLDM").question)
    walk.manager.unanswer(walk.number, "OLDM")
    assert "OLDM" not in walk.planned(Verb.REVOKE)


def test_an_answered_item_is_not_done_when_the_facts_change_before_it_is_reached(walk: Walk) -> None:
    walk.manager.answer(walk.number, "OLDM", walk.of("OLDM").question)
    plan = walk.manager.handover_plan(walk.manager.handover(walk.number), Verb.REVOKE)
    walk.register.take(school(10, children={"S4": {"custody_note": "ring first"}}))
    report = walk.manager.run(plan, Confirmation(yes=True, typed_count=plan.count))
    assert {one.code: one.state for one in report.outcomes}["OLDM"] == "skipped"
    assert walk.register.usernames()["OLDM"] == "mark"


def test_what_is_undecided_held_or_later_is_not_touched(walk: Walk) -> None:
    walk.manager.hold("OLDL", "asked to wait")
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.manager.leave_for_later(walk.number, ["OLDK"])
    assert walk.standings() == {
        "OLDK": Standing.LATER, "OLDJ": Standing.REVIEW, "OLDL": Standing.HELD, "OLDM": Standing.NOBODY,
    }  # fmt: skip
    assert walk.planned(Verb.REVOKE) == []
    walk.manager.leave_for_later(walk.number, ["OLDK"], later=False)
    assert walk.planned(Verb.REVOKE) == ["OLDK"]


def test_after_the_revoke_what_was_decided_stays(walk: Walk) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.run(Verb.REVOKE)
    with pytest.raises(Refused, match="was revoked already"):
        walk.manager.reject(walk.number, "OLDK")
    with pytest.raises(Refused, match="was revoked already"):
        walk.manager.take_back(walk.number, "OLDK")
    with pytest.raises(Refused, match="was revoked already"):
        walk.manager.accept(walk.number, "OLDK", "FREE", sure=True)
    assert walk.of("OLDK").new == "NEWK"


def test_a_match_whose_evidence_changed_after_the_revoke_is_asked_about(walk: Walk) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.run(Verb.REVOKE)
    assert walk.planned(Verb.WELCOME) == ["NEWK"]
    walk.register.take(school(10, NEWK={"mobile": "0499999999"}, OLDK={"username": ""}))
    assert walk.planned(Verb.WELCOME) == []
    assert walk.of("OLDK").question == "The match with the old record OLDK was up for review."


def test_through_a_worklist_only_what_was_attested_is_welcomed(by_hand: Walk) -> None:
    by_hand.manager.accept(by_hand.number, "OLDK", "NEWK")
    report = by_hand.run(Verb.REVOKE)
    assert [one.state for one in report.of("requested")] == ["requested"] * len(report.outcomes)
    assert by_hand.of("OLDK").is_requested
    assert by_hand.planned(Verb.WELCOME) == []
    plan = by_hand.manager.plan(Verb.WELCOME, ["NEWK"])
    assert plan.left_out[0].why == "the old account OLDK is not revoked yet"
    by_hand.manager.attest(report.job, ["OLDK"])
    assert by_hand.of("OLDK").is_revoked
    assert by_hand.planned(Verb.WELCOME) == ["NEWK"]
    assert "sends its own email" in by_hand.manager.welcome_email(by_hand.of("OLDK"))
    assert by_hand.run(Verb.WELCOME).of("requested")[0].code == "NEWK"
    outcome, tell = by_hand.manager.told(by_hand.of("OLDK"))
    assert "requested in job" in outcome
    assert "The portal's own email" in tell


def test_a_custody_note_is_shown_and_asked_before_anything_is_sent(tmp_path: Path) -> None:
    walk = Walk(tmp_path / "r.sqlite3", children={"S1": {"custody_note": "No letters to the father"}})
    assert walk.of("OLDJ").custody_notes == ()
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    assert walk.of("OLDK").custody_notes == ("Child1 Family1 (S1): No letters to the father",)
    walk.run(Verb.REVOKE)
    assert "Custody note on Child1 Family1 (S1): No letters to the father" in walk.of("OLDK").question
    assert walk.planned(Verb.WELCOME) == []
    walk.manager.close()


# -- leaving and coming back -----------------------------------------------------------------------------------------


def test_another_session_goes_on_where_the_walk_was(walk: Walk) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.manager.reject(walk.number, "OLDJ")
    walk.manager.leave_for_later(walk.number, ["OLDM"])
    walk.manager.go_to(walk.number, Step.REVIEW, "OLDJ")
    again = AccountManager(walk.manager.settings, walk.register.path, actor=ACTOR)
    try:
        row = again.open_handover()
        assert row is not None
        assert (row.id, row.step, row.place) == (walk.number, Step.REVIEW, "OLDJ")
        assert {a.code: a.standing for a in again.handover(row.id).accounts} == {
            "OLDK": Standing.ACCEPTED, "OLDJ": Standing.NOBODY, "OLDL": Standing.NOBODY, "OLDM": Standing.LATER,
        }  # fmt: skip
    finally:
        again.close()
    open_ = f"Hand-over {walk.number} of {ACTOR.operator} is open at step 2, review: "
    assert any(said.startswith(open_) for said in walk.manager.overview().warnings)
    walk.manager.end_handover(walk.number)
    assert walk.manager.open_handover() is None
    assert not any(said.startswith("Hand-over") for said in walk.manager.overview().warnings)


def test_families_are_together(tmp_path: Path) -> None:
    register = Register(tmp_path / "r.sqlite3")
    register.take(school())
    number = register.manager.start_handover()
    walk = register.manager.handover(number)
    assert sorted(code for family in walk.families for code in family) == ["OLDJ", "OLDK", "OLDL", "OLDM"]
    register.manager.close()


def test_what_is_decided_is_in_the_audit_without_names(walk: Walk) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.manager.reject(walk.number, "OLDJ")
    events = walk.register.read("SELECT action, subject, operator, detail FROM audit WHERE action LIKE 'match%'")
    assert [(action, subject, by) for action, subject, by, _ in events] == [
        ("match accepted", "OLDK", ACTOR.operator), ("match rejected", "OLDJ", ACTOR.operator),
    ]  # fmt: skip
    assert '"new":"NEWK"' in events[0][3]
    assert not any("Jones" in detail for *_, detail in events)


def test_the_summary_is_written_once_and_for_the_operator_alone(walk: Walk, tmp_path: Path) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.run(Verb.REVOKE)
    for name, says in (("s.csv", "old_code,name,standing"), ("s.txt", "not welcomed yet: 1")):
        path = tmp_path / name
        assert walk.manager.export_handover(walk.number, path) == 4
        assert says in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(Refused, match="already there"):
            walk.manager.export_handover(walk.number, path)


# -- no other way to a send ------------------------------------------------------------------------------------------


def test_no_path_reaches_a_send_but_through_the_mail_gate(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    walk.manager.accept(walk.number, "OLDK", "NEWK")
    walk.run(Verb.REVOKE)
    plans = [
        walk.manager.handover_plan(walk.manager.handover(walk.number), Verb.WELCOME),
        walk.manager.plan(Verb.WELCOME, ["FREE"]),
        walk.manager.plan(Verb.WELCOME, all_ready=True),
    ]
    stopped = threading.Event()
    stopped.set()
    given = Confirmation(yes=True)
    waiting = walk.manager.run(walk.manager.plan(Verb.WELCOME, ["FREE"]), given, stop=stopped).job
    assert all(plan.items for plan in plans)
    monkeypatch.setattr(planning, "mail_gate", lambda facts, **_: Verdict(Decision.REFUSE, "not now"))
    for plan in plans:
        assert {one.state for one in walk.manager.run(plan, given).outcomes} == {"skipped"}
    assert {one.state for one in walk.manager.resume(waiting).outcomes} == {"skipped"}
    assert walk.mails() == []
    monkeypatch.undo()
    walk.manager.run(walk.manager.plan(Verb.WELCOME, ["FREE"]), given)
    assert len(walk.mails()) == 1


def test_one_place_alone_hands_messages_over() -> None:
    sources = Path(planning.__file__).parents[1].rglob("*.py")
    calls = [path.name for path in sources if ".deliver(" in path.read_text("utf-8")]
    assert sorted(calls) == ["doctoring.py", "mailing.py"], "doctor's test message has no link and is for the operator"
