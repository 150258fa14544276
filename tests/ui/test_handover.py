"""The hand-over on the screen: from the first key to the emails, and what stands in the way of a wrong one."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.manager.handing_over import school
from tests.register.making import ACTOR, roster
from tests.ui.conftest import SETTINGS
from tests.ui.driving import Person, at_the_screen
from tui.domain.handover import Standing, Step
from tui.domain.records import ContactRecord, LinkRecord, StudentRecord
from tui.errors import RegisterLocked
from tui.manager.manager import AccountManager
from tui.manager.views import Tab
from tui.settings import AccountSettings
from tui.ui.actions import of_scope
from tui.ui.screens.accounts import AccountsScreen
from tui.ui.screens.handover import HandoverScreen


@pytest.fixture
def small(tmp_path: Path) -> AccountManager:
    """The school of four old accounts."""
    manager = AccountManager(SETTINGS, tmp_path / "register.sqlite3", create=True, actor=ACTOR)
    manager.import_roster(school())
    return manager


def screen(person: Person) -> HandoverScreen:
    found = person.app.screen
    assert isinstance(found, HandoverScreen)
    return found


async def begin(person: Person, *keys: str) -> HandoverScreen:
    """Open the hand-over and go on to the review."""
    await person.press("w")
    await person.sees("1 CHOOSE")
    await person.press(*keys, "enter")
    await person.sees("2 REVIEW")
    return screen(person)


async def on(person: Person, code: str) -> HandoverScreen:
    """Put the cursor on an account."""
    await person.press("g")
    for _ in range(len(screen(person).table.entries)):
        if screen(person).key == code:
            return screen(person)
        await person.press("j")
    raise AssertionError(f"{code} is not in the list\n{person.text()}")


def standings(manager: AccountManager, number: int = 1) -> dict[str, Standing]:
    return {account.code: account.standing for account in manager.handover(number).accounts}


# -- the whole of it -----------------------------------------------------------------------------------------------


async def test_the_demo_is_walked_from_the_first_key_to_the_emails(demo: AccountManager, tmp_path: Path) -> None:
    async with at_the_screen(demo) as person:
        await person.press("w")
        text = await person.sees("1 CHOOSE")
        assert "* Code change" in text
        assert "No new record" in text
        assert "left for later" in text
        await person.press("enter")
        await person.sees("2 REVIEW")

        await person.press("A")
        await person.sees("22 certain pairs")
        assert standings(demo)["BAR7717"] is Standing.CERTAIN  # the list comes first
        await person.press("A")
        await person.sees("22 pairs accepted.")
        before = standings(demo)
        assert sum(standing is Standing.REVIEW for standing in before.values()) == 6

        await on(person, "ABD7016")
        assert "a joint record" in person.words()
        await person.press("1")
        await person.sees("ABD1351 is accepted as the new record of ABD7016.")
        await person.press("0")
        await person.sees("not proposed again on this evidence")
        await person.press("l")
        await person.sees("is left for later.")

        await person.press("enter")
        await person.sees("4 accounts undecided")
        await person.press("y")
        await person.sees("3 REVOKE")
        await person.press("enter")
        await person.sees("Revoke access of 23 contacts in the demo school")
        assert demo.counts()[Tab.READY_TO_REVOKE] == 191
        await person.type("23")
        await person.press("enter")
        await person.sees("23 accounts revoked in the demo school.")
        await person.press("escape")
        await person.sees("4 WELCOME")
        assert demo.counts()[Tab.READY_TO_REVOKE] == 191 - 23
        assert not list(tmp_path.rglob("*.eml"))

        await on(person, "ABD7016")
        assert "The match with the old record ABD7016 was up for review." in person.words()
        assert "To: Ms Yasmin Abdallah <abdallah.yasmin@example.com>" in person.text()
        await person.press("space")
        await person.sees("Asked for this one alone")
        await person.press("y")
        await person.sees("ABD1351: yes, send it.")
        await on(person, "BUI4402")
        await person.press("E")
        await person.press("ctrl+u")
        await person.type("Dear Lan")
        await person.press("enter")
        await person.sees("Dear Lan,")
        await person.press("enter")
        await person.sees("Send a welcome email to 16 contacts in the demo school")
        await person.type("16")
        await person.press("enter")
        await person.sees("16 welcome emails handed to the outbox.")
        mails = [path.read_text() for path in tmp_path.rglob("*.eml")]
        assert len(mails) == 16
        assert sum("\n\nDear Lan,\n" in mail for mail in mails) == 1

        await person.press("escape", "enter")
        await person.sees("Nothing to do")
        await person.press("escape")
        await person.sees("Go on without them?")
        await person.press("y")
        await person.sees("5 SUMMARY")
        assert "Revoked, and ABD1351 welcomed" in person.words()
        summary = tmp_path / "summary.csv"
        await person.press("e", "ctrl+u")
        await person.type(str(summary))
        await person.press("enter")
        await person.sees("29 accounts written to")
        assert summary.read_text().count("welcome email handed to the outbox") == 16
        await person.press("F", "y")
        await person.sees(lambda: isinstance(person.app.screen, AccountsScreen))
        assert demo.open_handover() is None

    # What the register says afterwards, read by itself.
    assert demo.why("BUI4402").facts.username == ""
    assert any(event.split("  ")[1].startswith("revoke by ") for event in demo.why("BUI4402").history)


# -- choosing ------------------------------------------------------------------------------------------------------


async def test_marks_carry_over_and_the_others_stay_out(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await person.press("a", "3")  # all four, and another tab
        await begin(person)
        assert set(standings(small)) == {"OLDK", "OLDJ", "OLDL", "OLDM"}
        assert Standing.LATER not in standings(small).values()
        await person.press("escape")
        await person.press("1", "u", "space", "w")
        await person.sees("A hand-over is open")
        await person.press("n")
        await person.sees("Hand-over 2")
        assert len(standings(small, 2)) == 1


async def test_leavers_are_taken_along_only_when_asked(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await person.press("w")
        await person.sees("1 CHOOSE")
        assert standings(small)["OLDL"] is Standing.LATER
        await on(person, "nobody")
        await person.press("space")
        await person.sees("2 without a new record")
        assert standings(small)["OLDL"] is Standing.NOBODY
        await person.press("g", "space")
        await person.sees("left for later")


async def test_held_accounts_stay_out_and_are_counted(small: AccountManager) -> None:
    small.hold("OLDK", "asked to wait")
    async with at_the_screen(small) as person:
        await person.press("w")
        await person.sees("1 held")
        assert "1 account held, and stay out: OLDK." in person.words()


# -- the review ----------------------------------------------------------------------------------------------------


async def test_old_and_new_stand_side_by_side(small: AccountManager) -> None:
    async with at_the_screen(small, 80, 40) as person:
        await begin(person)
        await on(person, "OLDK")
        lines = person.lines()
        at = next(n for n, line in enumerate(lines) if line.startswith("Code "))
        assert lines[at].split() == ["Code", "OLDK,", "the", "old", "NEWK,", "the", "new"]
        assert next(line for line in lines if line.startswith("Surname")).split() == ["Surname", "≠", "Smith", "Jones"]
        words = person.words()
        assert "Certain: given name and ties agree, and nothing contradicts. Cause: name change." in words
        assert "+ same mobile, which nobody else has" in words
        assert "- surname Smith against Jones" in words


async def test_review_ones_are_not_accepted_together(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await person.press("A")
        await person.sees("1 certain pair")
        assert "OLDJ" not in person.text().split("certain pair")[1]
        await person.press("n")
        assert standings(small)["OLDK"] is Standing.CERTAIN
        await person.press("A", "A")
        await person.sees("1 pair accepted.")
        assert standings(small)["OLDJ"] is Standing.REVIEW


async def test_the_plan_is_saved_for_a_colleague(small: AccountManager, tmp_path: Path) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await person.press("S")
        await person.sees("there is nothing to save")
        await person.press("A", "A")
        await person.sees("1 pair accepted.")
        await person.press("S", "ctrl+u")
        await person.type(str(tmp_path / "plan.toml"))
        await person.press("enter")
        await person.sees("1 account saved in")
    assert [item.old for item in small.check_handover(tmp_path / "plan.toml").holds] == ["OLDK"]


async def test_another_candidate_than_the_first_is_asked_about(demo: AccountManager) -> None:
    async with at_the_screen(demo) as person:
        await begin(person)
        await on(person, "ABD7016")
        await person.press("2")
        await person.sees("Correlation puts ABD1351 (Ms Yasmin Abdallah) before this one, and did")
        await person.press("y")
        await person.sees("ABD0619 is accepted as the new record of ABD7016.")


async def test_a_rejected_pair_says_who_rejected_it_when(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await on(person, "OLDK")
        await person.press("0")
        await person.sees("No match for OLDK")
        await on(person, "OLDK")
        assert f"NEWK was rejected by {ACTOR.operator} on " in person.words()
        await person.press("u")
        await person.sees("What was decided about OLDK is taken back.")
        assert standings(small)["OLDK"] is Standing.CERTAIN


async def test_the_other_parent_is_accepted_only_after_an_alarm(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await on(person, "OLDK")
        await person.press("/")
        await person.type("bob@home")
        await person.press("enter")
        await person.sees("Who is OLDK now")
        await person.press("enter")
        await person.sees("OLDK → NEWB: the same person?")
        assert "The sexes of the two records contradict" in person.words()
        await person.press("enter")  # No has the focus: enter closes
        assert standings(small)["OLDK"] is Standing.CERTAIN
        await person.press("/")
        await person.type("petra")
        await person.press("enter")
        await person.sees("Who is OLDK now")
        await person.press("enter")
        await person.sees("Nothing but your own word")
        await person.press("y")
        await person.sees("FREE is accepted as the new record of OLDK.")


async def test_only_who_could_be_welcomed_is_found(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await on(person, "OLDK")
        await person.press("/")
        await person.type("lars")
        await person.press("enter")
        await person.sees("Nobody who could be welcomed was found for 'lars'.")


async def test_two_old_accounts_to_one_new_record_are_said(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await on(person, "OLDJ")
        await person.press("1")
        await on(person, "OLDK")
        await person.press("/")
        await person.type("anna brown")
        await person.press("enter")
        await person.sees("Who is OLDK now")
        await person.press("enter")
        await person.sees("NEWA was already accepted as the new record of OLDJ: two old accounts, one new.")
        await person.press("y")
        await person.sees("OLDJ and OLDK both lead to NEWA.")


# -- revoking and welcoming ----------------------------------------------------------------------------------------


async def test_who_would_have_no_access_is_asked_about_alone(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await person.press("a")
        await begin(person)
        await person.press("enter")
        await person.sees("2 accounts undecided")
        await person.press("y")
        await person.sees("3 REVOKE")
        assert "Asked one by one: 1" in person.text()
        await on(person, "OLDM")
        await person.press("enter")
        await person.sees("Revoke access of 1 contact")
        assert "Left out: 1" in person.text()
        await person.press("escape")
        await on(person, "OLDM")
        await person.press("space")
        await person.sees("that parent will have no access")
        await person.press("n")
        await person.sees("OLDM: left as it is.")
        await person.press("space", "y")
        await person.sees("OLDM: yes, revoke it.")
        await person.press("enter")
        await person.sees("Revoke access of 2 contacts")
        await person.press("y")
        await person.sees("2 accounts revoked")
        await person.press("escape")
        await person.sees("4 WELCOME")
        await person.press("enter")
        await person.sees("5 SUMMARY")
        await on(person, "OLDM")
        assert "has a child here and no access any more: tell them before they ring" in person.words()


async def test_through_a_worklist_the_walk_waits_to_be_attested(tmp_path: Path) -> None:
    settings = replace(SETTINGS, accounts=AccountSettings(service="worklist"))
    manager = AccountManager(settings, tmp_path / "register.sqlite3", create=True, actor=ACTOR)
    manager.import_roster(school())
    async with at_the_screen(manager) as person:
        await begin(person)
        await person.press("A", "A")
        await person.sees("1 pair accepted.")
        await person.press("enter", "y")
        await person.sees("3 REVOKE")
        await person.press("enter", "y")
        await person.sees("requested, to be done by hand")
        await person.press("escape")
        await person.sees("4 WELCOME")
        assert "Waits for the old account: 1" in person.text()
        await person.press("enter")
        await person.sees("wait to be attested")
        await person.press("T")
        await person.sees("You say that these were revoked")
        await person.press("a")
        await person.sees("1 account attested as revoked.")
        await person.press("b")
        await person.sees("something was done already")


# -- leaving, coming back, and what goes wrong ---------------------------------------------------------------------


async def test_leaving_keeps_the_step_the_place_and_every_decision(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await on(person, "OLDJ")
        await person.press("1")
        await on(person, "OLDK")
        await person.press("escape")
        await person.sees("of 4 shown")
        await person.press("w")
        await person.sees("2 REVIEW")
        await person.sees(lambda: screen(person).key == "OLDK")
        assert standings(small)["OLDJ"] is Standing.ACCEPTED
        await person.press("b")
        await person.sees("1 CHOOSE")
        await person.press("b")
        await person.sees("Back a step: this is the first step.")


async def test_who_became_ready_since_can_be_taken_in(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await person.press("escape")
        small.import_roster(school(10, {"S5": {"status": "left"}}, (), FREE={"username": "petra"}))
        await person.press("r", "w")
        await person.sees("Became ready in an import since, and not in it: 1 account.")
        await person.press("t")
        await person.sees("2 REVIEW")
        await person.sees(lambda: "FREE" in standings(small))
        await person.press("escape", "w")
        await person.sees("2 REVIEW")  # and nobody is asked about twice


async def test_a_read_only_session_hands_nothing_over(small: AccountManager) -> None:
    small.close()
    manager = AccountManager(SETTINGS, small.path, read_only=True)
    async with at_the_screen(manager) as person:
        await person.press("w")
        await person.sees("Hand-over wizard: this session is read-only.")
    manager.close()


async def test_what_does_not_work_is_said_and_nothing_is_lost(
    small: AccountManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await on(person, "OLDJ")

        def locked(*_: object, **__: object) -> None:
            raise RegisterLocked("Another program holds the register.")

        with monkeypatch.context() as patched:
            patched.setattr(small, "accept", locked)
            await person.press("1")
            await person.sees("Another program holds the register.")
        await person.press("escape", "1")
        await person.sees("NEWA is accepted as the new record of OLDJ.")


async def test_the_facts_that_changed_under_the_walk_are_seen(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        await on(person, "OLDK")
        await person.press("1")
        await person.sees("NEWK is accepted")
        small.import_roster(school(10, NEWK={"title": "Mr"}))
        await person.press("r")
        await person.sees("Read again.")
        await on(person, "OLDK")
        assert "the evidence has changed since" in person.words()
        assert standings(small)["OLDK"] is Standing.REVIEW


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 40), (200, 50)])
async def test_every_step_fits(small: AccountManager, size: tuple[int, int]) -> None:
    async with at_the_screen(small, *size) as person:
        await person.press("a", "w")
        for step in Step:
            await person.sees(f"{step.number} {step.value.upper()}")
            assert all(len(line) <= size[0] for line in person.lines())
            screen(person).go(step.next())
            await person.sees(f"{step.next().number} {step.next().value.upper()}")


async def test_every_action_is_there_or_says_why(small: AccountManager) -> None:
    async with at_the_screen(small) as person:
        await begin(person)
        for name in of_scope("handover"):
            if name not in ("quit",):
                assert hasattr(screen(person), f"do_{name}") or screen(person).move(name), name
        await person.press("T")
        await person.sees("Attest the worklist: nothing waits to be attested.")
        await person.press("E")
        await person.sees("Edit the greeting line: emails are looked at before they are sent (step 4).")
        await person.press("3")
        await person.sees("there is no candidate 3 for this account")


async def test_both_parents_of_a_child_are_shown_together_with_its_custody_note(tmp_path: Path) -> None:
    people = [
        ("OLDA", "Alan", "Mr", "0400000001", "alan"), ("OLDB", "Berta", "Mrs", "0400000002", "berta"),
        ("NEWA", "Alan", "Mr", "0400000001", ""), ("NEWB", "Berta", "Mrs", "0400000002", ""),
    ]  # fmt: skip
    contacts = [
        ContactRecord(
            1, code, title=title, given_name=given, surname="Gray", email=f"{given}.gray@home.example".lower(),
            mobile=mobile, username=username,
        )
        for code, given, title, mobile, username in people
    ]  # fmt: skip
    other = ContactRecord(1, "OLDC", title="Ms", given_name="Bea", surname="Finch", username="bea")
    pupils = [StudentRecord(1, "S1", given_name="Ida", surname="Gray", status="enrolled", custody_note="Ring first")]
    links = [LinkRecord(1, "S1", code, "Parent", None, code.startswith("NEW")) for code, *_ in people]
    manager = AccountManager(SETTINGS, tmp_path / "register.sqlite3", create=True, actor=ACTOR)
    manager.import_roster(roster(0, [*contacts, other], pupils, links))
    async with at_the_screen(manager) as person:
        await person.press("a")
        await begin(person)
        lines = [line.rstrip() for line in person.lines()]
        heading = next(n for n, line in enumerate(lines) if "Of one family, Ida Gray: two people, not one" in line)
        assert [line.split()[0].lstrip(">") or line.split()[1] for line in lines[heading + 1 : heading + 3]] == [
            "OLDA", "OLDB",
        ]  # fmt: skip
        await on(person, "OLDB")
        assert "Custody note on Ida Gray (S1): Ring first" in person.words()
    manager.close()
