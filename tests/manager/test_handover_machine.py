"""The hand-over in any order: decisions, jobs, imports and holds as they come, and what must hold whatever was done."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.manager.handing_over import school
from tests.register.making import Register
from tui.domain.gates import Verb
from tui.domain.handover import Standing
from tui.errors import EngageError
from tui.jobs.plan import Confirmation, Plan
from tui.register.audit import first_broken

OLDS = ("OLDK", "OLDJ", "OLDL", "OLDM")
NEWS = ("NEWK", "NEWA", "NEWB", "FREE")
olds, news = st.sampled_from(OLDS), st.sampled_from(NEWS)
mobiles = st.sampled_from(["0400000001", "0400000009", ""])
titles = st.sampled_from(["Mrs", "Mr", ""])


class HandOvers(RuleBasedStateMachine):
    """One operator and one register; the accounts that were revoked stay revoked in what the feed lists."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hand-over-"))
        self.register = Register(self.folder / "register.sqlite3")
        self.manager = self.register.manager
        self.day = 0

    def teardown(self) -> None:
        self.manager.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.register.take(school())
        self.number = self.manager.start_handover()

    # -- what an operator does -------------------------------------------------------------------------------------

    @rule(old=olds, new=news, sure=st.booleans())
    def accept(self, old: str, new: str, sure: bool) -> None:
        try:
            self.manager.accept(self.number, old, new, sure=sure)
        except EngageError:
            return
        account = self.manager.handover(self.number).account(old)
        assert account is not None
        pair = next(pair for pair in account.pairs if pair.code == new)
        others = [code for code in OLDS if code != old and self.accepted().get(code) == new]
        assert sure or not (pair.sexes_contradict or others or pair.rank == 0)

    @rule()
    def accept_all_certain(self) -> None:
        walk = self.manager.handover(self.number)
        certain = {account.code for account in walk.of(Standing.CERTAIN)}
        done = self.manager.accept_certain(self.number, [account.code for account in walk.accounts])
        assert set(done) == certain
        after = {account.code: account.proposal for account in self.manager.handover(self.number).accounts}
        assert not any(pair.sexes_contradict for code in done if (pair := after[code]) is not None)
        news_ = [self.accepted()[code] for code in done]
        assert len(set(news_)) == len(news_)

    @rule(old=olds)
    def reject(self, old: str) -> None:
        self.quietly(lambda: self.manager.reject(self.number, old))

    @rule(old=olds)
    def take_back(self, old: str) -> None:
        self.quietly(lambda: self.manager.take_back(self.number, old))

    @rule(old=olds, later=st.booleans())
    def leave(self, old: str, later: bool) -> None:
        self.manager.leave_for_later(self.number, [old], later=later)

    @rule(old=olds)
    def answer(self, old: str) -> None:
        account = self.manager.handover(self.number).account(old)
        if account is not None:
            question = account.question
            self.quietly(lambda: self.manager.answer(self.number, old, question))

    @rule(code=st.sampled_from([*OLDS, *NEWS]), kind=st.sampled_from(["revoke", "mail"]))
    def hold(self, code: str, kind: str) -> None:
        try:
            self.manager.release(code, kind=kind)
        except EngageError:
            self.manager.hold(code, "a note", kind=kind)

    @rule(mobile=mobiles, title=titles, note=st.sampled_from(["", "ring first"]))
    def another_import(self, mobile: str, title: str, note: str) -> None:
        self.day += 1
        gone = {code: {"username": ""} for code, name in self.register.usernames().items() if code in OLDS and not name}
        changes: dict[str, Any] = {"NEWK": {"mobile": mobile, "title": title}, **gone}
        self.register.take(school(self.day, {"S1": {"custody_note": note}}, (), **changes))

    @rule()
    def begin_anew(self) -> None:
        try:
            number = self.manager.start_handover()
        except EngageError:
            return
        self.manager.end_handover(self.number)
        self.number = number

    # -- the jobs --------------------------------------------------------------------------------------------------

    @rule(of_the_walk=st.booleans())
    def revoke(self, of_the_walk: bool) -> None:
        walk = self.manager.handover(self.number)
        before = self.register.usernames()
        answered = {account.code for account in walk.accounts if account.revoke_answer}
        open_ = {account.code for account in walk.accounts if account.standing.is_undecided}
        held = {account.code for account in walk.accounts if account.facts.hold("revoke")}
        plan = self.manager.handover_plan(walk, Verb.REVOKE) if of_the_walk else self.bulk(Verb.REVOKE)
        self.run(plan)
        revoked = {code for code, name in self.register.usernames().items() if before[code] and not name}
        assert not revoked & open_
        assert not revoked & held
        if "OLDM" in revoked and "OLDM" not in self.accepted():  # who has a child here, and would have no access
            assert of_the_walk
            assert "OLDM" in answered

    @rule(of_the_walk=st.booleans())
    def welcome(self, of_the_walk: bool) -> None:
        walk = self.manager.handover(self.number)
        plan = self.manager.handover_plan(walk, Verb.WELCOME) if of_the_walk else self.bulk(Verb.WELCOME)
        before = set(self.mails())
        self.run(plan)
        sent = {path.read_text().split("To: ")[1].split("<")[1].split(">")[0] for path in set(self.mails()) - before}
        usernames = self.register.usernames()
        for code in NEWS:
            facts = self.manager.why(code).facts
            if facts.email not in sent:
                continue
            assert facts.hold("mail") is None
            for old, new in self.accepted().items():
                assert new != code or not usernames[old], f"{new} was welcomed while {old} is still there"
            if not of_the_walk:  # in bulk nothing is asked, so nothing that asks is sent
                assert not [link for link in facts.links if link.student.custody_note]

    # -- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def the_audit_holds(self) -> None:
        assert first_broken(self.manager._database) is None

    @precondition(lambda self: hasattr(self, "number"))
    @invariant()
    def nobody_has_two_accepted_records(self) -> None:
        pairs = self.register.read("SELECT old, count(*) FROM pair_verdicts WHERE verdict = 'accepted' GROUP BY old")
        assert all(count == 1 for _, count in pairs)

    # -- helpers ---------------------------------------------------------------------------------------------------

    def accepted(self) -> dict[str, str]:
        return dict(
            self.register.read(
                "SELECT o.code, n.code FROM pair_verdicts AS v JOIN contacts AS o ON o.id = v.old"
                " JOIN contacts AS n ON n.id = v.new WHERE v.verdict = 'accepted'"
            )
        )

    def mails(self) -> list[Path]:
        return sorted(self.folder.rglob("*.eml"))

    def bulk(self, verb: Verb) -> Plan:
        return self.manager.plan(verb, all_ready=True)

    def run(self, plan: Plan) -> None:
        if plan.items:
            self.manager.run(plan, Confirmation(yes=True, override_count=plan.count, override_reason="a test"))

    @staticmethod
    def quietly(act: Callable[[], None]) -> None:
        try:
            act()
        except EngageError:
            return


TestHandOvers = HandOvers.TestCase
TestHandOvers.settings = settings(
    max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
