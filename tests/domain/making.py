"""Facts about accounts, made by hand and by hypothesis, for the tests of the rules. Everybody here is invented."""

from typing import Any

from hypothesis import strategies as st

from tui.domain.facts import (
    AccountFacts,
    Correlated,
    GroupFact,
    HoldFact,
    ImportRef,
    LinkFact,
    NamedOther,
    OldRecord,
    StudentFact,
)
from tui.domain.flag_groups import Answer
from tui.domain.records import StudentStatus, UserType
from tui.domain.status import ground_of, status_of

FIRST = ImportRef(1, "2026-01-28")
SECOND = ImportRef(2, "2026-11-28")


def a_student(code: str = "S1", status: str = StudentStatus.ENROLLED, **more: Any) -> StudentFact:
    return StudentFact(code, f"Student {code}", "7", status, **more)


def a_link(
    status: str = StudentStatus.ENROLLED,
    access: bool | None = True,
    *,
    code: str = "S1",
    custody_note: str = "",
    exit_date: str = "",
    gone: ImportRef | None = None,
    **more: Any,
) -> LinkFact:
    student = a_student(code, status, custody_note=custody_note, exit_date=exit_date, gone=gone)
    return LinkFact(student, "Parent", access, **more)


def an_account(*links: LinkFact, future_counts: bool = False, **more: Any) -> AccountFacts:
    """A contact with an account and these links; the status follows from them unless it is given."""
    values: dict[str, Any] = {
        "code": "C1",
        "user_type": UserType.CONTACT,
        "name": "Ms Contact One",
        "given_name": "Contact",
        "contact_type": "Residential",
        "email": "one@school.example",
        "mobile": "",
        "username": "one",
        "has_password": False,
        "last_login": None,
        "links": links,
        "first_import": FIRST,
    } | more
    if "status" not in values:
        ground = ground_of(((x.student.status, x.portal_access, x.is_removed) for x in links), future_counts)
        values["status"] = status_of(ground, bool(values["username"]) or values["has_password"])
    return AccountFacts(**values)


statuses = st.sampled_from([status.value for status in StudentStatus])
accesses = st.sampled_from([True, False, None])
_imports = st.sampled_from([None, FIRST, SECOND])


@st.composite
def links(draw: st.DrawFn) -> LinkFact:
    return a_link(
        draw(statuses),
        draw(accesses),
        code=draw(st.sampled_from(["S1", "S2", "S3"])),
        custody_note=draw(st.sampled_from(["", "Ring the office first"])),
        exit_date=draw(st.sampled_from(["", "2026-06-30"])),
        gone=draw(_imports),
        access_off=draw(_imports),
        removed=draw(_imports),
        removed_on=draw(st.sampled_from(["", "", "2026-05-01"])),
    )


@st.composite
def accounts(draw: st.DrawFn, *, future_counts: bool) -> AccountFacts:
    """Any contact at all; its status is what its links and its account come to."""
    eligible = st.booleans()
    return an_account(
        *draw(st.lists(links(), max_size=4)),
        future_counts=future_counts,
        user_type=draw(st.sampled_from([UserType.CONTACT, UserType.CONTACT, UserType.CONTACT, *UserType])),
        username=draw(st.sampled_from(["", "one"])),
        has_password=draw(st.booleans()),
        email=draw(st.sampled_from([*["one@school.example"] * 2, "", "one@", "a@b.example; c@d.example"])),
        last_login=draw(st.sampled_from([None, "", "2026-11-01T07:05:00+00:00"])),
        gone=draw(_imports),
        named_others=draw(st.sampled_from([(), (NamedOther("C2", "Mr Contact Two", "the username says so"),)])),
        correlated=tuple(
            draw(
                st.lists(
                    st.builds(
                        Correlated,
                        st.just("C3"),
                        st.just("Ms Contact One"),
                        st.sampled_from(["accepted", "match", "review"]),
                        eligible,
                        st.sampled_from([(), ("same mobile", "same given name")]),
                    ),
                    max_size=2,
                )
            )
        ),
        group=draw(
            st.none()
            | st.builds(
                GroupFact, st.sampled_from(["Residential", ""]), _imports, st.just(12), st.sampled_from([*Answer])
            )
        ),
        old_records=tuple(
            draw(
                st.lists(
                    st.builds(
                        OldRecord,
                        st.just("C3"),
                        st.just("Ms Contact Old"),
                        st.sampled_from(["accepted", "match", "review"]),
                        st.booleans(),
                        st.booleans(),
                    ),
                    max_size=2,
                )
            )
        ),
        holds=tuple(
            draw(
                st.lists(
                    st.builds(HoldFact, st.sampled_from(["revoke", "mail"]), st.just("asked to"), st.just("op"),
                              st.just("2026-11-01"), st.sampled_from(["", "2027-01-01"])),
                    max_size=2,
                )
            )
        ),
        email_shared_with=draw(st.sampled_from([(), (), ("C2",), ("C3",), ("C2", "C3")])),
        username_shared_with=draw(st.sampled_from([(), (), ("C9",)])),
        requested_job=draw(st.sampled_from([None, None, 3])),
        requested_verb=draw(st.sampled_from(["revoke", "welcome"])),
    )  # fmt: skip
