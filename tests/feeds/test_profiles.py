"""Mapping profiles: what they map passes the checks of cells, and what is wrong with one is told with its key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tui.domain.records import ContactRecord, LinkRecord, RecordKind
from tui.errors import ConfigError, InputRefused
from tui.feeds import open_feed
from tui.feeds.mapped import open_mapped
from tui.feeds.profile_files import SHIPPED, load_profile, shipped_names
from tui.feeds.table_feed import TableFeed
from tui.settings import ImportSettings, Settings

FAMILIES = """about = "Families with two parents in a row"

[tables.families]
file = "families*.csv"
but_not = "*_old.csv"

[tables.students]
file = "students.csv"

[[contacts]]
from = "families"
[contacts.columns]
code = { text = "{Family}-1" }
given_name = "First 1"
surname = "Last 1"
mobile = "Mobile 1"
contact_type = { constant = "Parent" }

[[contacts]]
from = "families"
only_if = [{ column = "First 2", filled = true }]
[contacts.columns]
code = { text = "{Family}-2" }
given_name = "First 2"
surname = "Last 2"
mobile = { constant = "" }
contact_type = { constant = "Partner" }

[[students]]
from = "students"
[students.columns]
code = "ID"
given_name = "First"
surname = "Last"
status = "State"
exit_date = "Left on"

[[links]]
from = "students"
[links.columns]
student_code = "ID"
contact_code = { text = "{Family}-1" }
relationship = "Is 1"

[[links]]
from = "students"
join = [{ table = "families", on = "Family", key = "Family" }]
only_if = [{ column = "families.First 2", filled = true }, { column = "Is 2", not = ["Nobody"] }]
[links.columns]
student_code = "ID"
contact_code = { text = "{Family}-2" }
relationship = "Is 2"

[values.students.status]
Current = "enrolled"
Gone = "left"

[values.links.relationship]
M = "Mother"

[access]
by = "contact_type"
yes = ["Parent"]
no = ["Grandparent"]
"""
FILES = {
    "Families_2026.csv": "Family,First 1,Last 1,Mobile 1,First 2,Last 2\n"
    "F1,Mai,Nguyen,0400 1,Tom,Lee\n"
    "F2,Ann,Byrne,,,\n"
    ",,,,,\n",
    "families_2026_old.csv": "nothing\n",
    "students.csv": "ID,First,Last,State,Left on,Family,Is 1,Is 2\n"
    "S1,Kim,Nguyen,Current,,F1,M,Father\n"
    "S2,Joe,Byrne,GONE,1/05/2026,F2,Aunt,\n"
    "S3,Lee,Lee,Current,,F1,m,Nobody\n",
}

WriteProfile = Callable[..., str]
WriteFolder = Callable[..., Path]


@pytest.fixture
def profile(tmp_path: Path) -> WriteProfile:
    """Write a profile; its path."""

    def write(text: str = FAMILIES) -> str:
        path = tmp_path / "ours.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def folder(tmp_path: Path) -> WriteFolder:
    """Write the export, with files replaced or added."""

    def write(files: dict[str, str | bytes | None] | None = None) -> Path:
        made = tmp_path / "export"
        made.mkdir(exist_ok=True)
        given: dict[str, str | bytes | None] = {**FILES, **(files or {})}
        for name, content in given.items():
            if content is not None:
                (made / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return made

    return write


def read(folder: Path, profile: str) -> TableFeed:
    feed = open_feed(folder, profile=profile)
    assert isinstance(feed, TableFeed)
    return feed


def problems(folder: Path, profile: str) -> list[str]:
    feed = read(folder, profile)
    for kind in (feed.contacts, feed.students, feed.links, feed.link_history, feed.staff):
        list(kind())
    return list(map(str, feed.problems))


# -- what is mapped ----------------------------------------------------------------------------------------------------


def test_a_family_row_becomes_two_contacts_with_their_links(folder: WriteFolder, profile: WriteProfile) -> None:
    feed = read(folder(), profile())
    assert list(feed.contacts()) == [
        ContactRecord(2, "F1-1", given_name="Mai", surname="Nguyen", mobile="0400 1", contact_type="Parent"),
        ContactRecord(3, "F2-1", given_name="Ann", surname="Byrne", contact_type="Parent"),
        ContactRecord(2, "F1-2", given_name="Tom", surname="Lee", contact_type="Partner"),
    ]
    assert [(s.code, s.status, s.exit_date) for s in feed.students()] == [
        ("S1", "enrolled", ""),
        ("S2", "left", "2026-05-01"),
        ("S3", "enrolled", ""),
    ]
    assert list(feed.links()) == [
        LinkRecord(2, "S1", "F1-1", "Mother", None, True),
        LinkRecord(3, "S2", "F2-1", "Aunt", None, True),
        LinkRecord(4, "S3", "F1-1", "Mother", None, True),
        LinkRecord(2, "S1", "F1-2", "Father", None, None),
    ]
    assert not feed.problems
    assert feed.share == 1.0


def test_what_a_feed_says_of_itself(folder: WriteFolder, profile: WriteProfile) -> None:
    made = folder()
    description = read(made, profile()).description
    assert description.feed == "csv"
    assert description.source == str(made)
    assert {kind.value: file for kind, file in description.files.items()} == {
        "contacts": "Families_2026.csv",
        "students": "students.csv",
        "links": "students.csv",
    }
    assert {path.name for path in description.paths} == {"Families_2026.csv", "students.csv"}
    assert description.sync_rule == (
        "The links carry no access flag; the sync rule of profile ours gives portal access to contact type Parent, "
        "none to Grandparent; of all others it is not known."
    )
    assert "username" not in description.columns[RecordKind.CONTACTS]


def test_links_know_the_contact_type_without_every_contact_read(folder: WriteFolder, profile: WriteProfile) -> None:
    feed = read(folder(), profile())
    next(feed.contacts())
    assert [link.portal_access for link in feed.links()] == [True, True, True, None]


def test_a_rule_by_relationship(folder: WriteFolder, profile: WriteProfile) -> None:
    text = FAMILIES.partition("[access]")[0] + '[access]\nby = "relationship"\nyes = ["mother"]\nno = ["Father"]\n'
    assert [link.portal_access for link in read(folder(), profile(text)).links()] == [True, None, True, False]


def test_flags_of_a_column_keep_unknown_apart_from_no(folder: WriteFolder, profile: WriteProfile) -> None:
    text = FAMILIES.partition("[access]")[0].replace(
        'relationship = "Is 1"', 'relationship = "Is 1"\nportal_access = "State"'
    )
    text = text.replace('relationship = "Is 2"', 'relationship = "Is 2"\nportal_access = "State"')
    rows = "ID,First,Last,State,Left on,Family,Is 1,Is 2\n" + "".join(
        f"S{n},Kim,Lee,{flag},,F2,,\n" for n, flag in enumerate(["Y", "N", "U", "X", ""], 1)
    )
    text = text.replace('Gone = "left"', '"*" = "enrolled"\n"" = "enrolled"')
    feed = read(folder({"students.csv": rows}), profile(text))
    assert [link.portal_access for link in feed.links()] == [True, False, None, None, None]


# -- what is wrong with cells ------------------------------------------------------------------------------------------


def test_a_bad_cell_is_told_with_their_file_line_and_column(folder: WriteFolder, profile: WriteProfile) -> None:
    rows = (
        "ID,First,Last,State,Left on,Family,Is 1,Is 2\n"
        "S1,Kim,Nguyen,Maybe,31/02/2026,F1,M,\n"
        ",Joe,Byrne,Current,,,,\n"
        "S3,Lee,Lee\n"
    )
    found = problems(folder({"students.csv": rows}), profile())
    assert found == [
        "students.csv, line 2, column State: “Maybe” means nothing to profile ours, which knows Current and Gone",
        "students.csv, line 2, column Left on: “31/02/2026” is not a date such as 2026-11-28 or 28/11/2026",
        "students.csv, line 3, column ID: the cell is blank, so the row belongs to nobody",
        "students.csv, line 4: the row has 3 cells, the header 8; perhaps the file was cut short",
    ], "each once, although three parts read the file"


def test_half_a_code_is_no_code(folder: WriteFolder, profile: WriteProfile) -> None:
    made = folder({"Families_2026.csv": "Family,First 1,Last 1,Mobile 1,First 2,Last 2\nF1,Mai,Nguyen,,,\n"})
    for code in ("{Mobile 1}-1", "{Family}-{Mobile 1}"):
        feed = read(made, profile(FAMILIES.replace("{Family}-1", code, 1)))
        assert not list(feed.contacts())
        assert next(map(str, feed.problems)).endswith("the cell is blank, so the row belongs to nobody")
    (contact,) = read(made, profile(FAMILIES.replace('"Mobile 1"', '{ text = "{Mobile 1} {Family}" }'))).contacts()
    assert contact.mobile == "F1", "other text takes what is there"


def test_a_key_that_stands_twice_in_a_joined_table_is_refused(folder: WriteFolder, profile: WriteProfile) -> None:
    rows = FILES["Families_2026.csv"] + "F1,Zoe,Lee,,Max,Lee\n"
    with pytest.raises(InputRefused, match=r"Families_2026.csv, line 5, column Family: “F1” stands there twice"):
        problems(folder({"Families_2026.csv": rows}), profile())


def test_a_link_that_hangs_on_a_row_that_is_not_there_is_told(folder: WriteFolder, profile: WriteProfile) -> None:
    made = folder({"students.csv": FILES["students.csv"].replace("F1,M,Father", "F9,M,Father")})
    told = "students.csv, line 2, column Family: “F9” is not in Families_2026.csv"
    assert problems(made, profile()) == [told]
    feed = read(made, profile())
    assert [one.contact_code for one in feed.links()] == ["F9-1", "F2-1", "F1-1"]
    assert feed.problems.skipped_keys == {"links": {("S1", "F9-2", "Father")}}
    # Of other kinds it is a filter.
    join = '[[students]]\nfrom = "students"\n'
    filtered = 'join = [{ table = "families", on = "Family", key = "Family" }]\n' + (
        'only_if = [{ column = "families.First 1", filled = true }]\n'
    )
    feed = read(made, profile(FAMILIES.replace(join, join + filtered)))
    assert [one.code for one in feed.students()] == ["S2", "S3"]
    assert not feed.problems


def test_what_hangs_on_a_row_that_cannot_be_read_is_left_out_with_it(
    folder: WriteFolder, profile: WriteProfile
) -> None:
    made = folder({"Families_2026.csv": FILES["Families_2026.csv"].replace("F1,Mai,Nguyen,0400 1,Tom,Lee", "F1,Mai")})
    feed = read(made, profile())
    for kind in (feed.contacts, feed.students, feed.links):
        list(kind())
    assert [problem.line for problem in feed.problems] == [2]
    assert feed.problems.rows == 1
    assert feed.problems.skipped_keys == {"links": {("S1", "F1-2", "Father")}}, "the other one's link names its code"


# -- files -------------------------------------------------------------------------------------------------------------


def test_two_files_for_one_pattern_are_refused(folder: WriteFolder, profile: WriteProfile) -> None:
    with pytest.raises(InputRefused, match=r"holds Families_2026.csv and families_2025.csv"):
        read(folder({"families_2025.csv": "x\n"}), profile())


def test_a_missing_file_or_column_is_refused_with_its_name(folder: WriteFolder, profile: WriteProfile) -> None:
    made = folder()
    (made / "students.csv").write_text("ID,First,Lats,State,Left on,Family,Is 1,Is 2\n")
    with pytest.raises(InputRefused) as caught:
        read(made, profile())
    assert "students.csv has no column Last, which the mapping profile ours reads." in caught.value.what
    assert "Perhaps “lats” was meant." in caught.value.means
    (made / "students.csv").unlink()
    with pytest.raises(InputRefused, match=r"has no students.csv, which the mapping profile ours reads"):
        read(made, profile())


def test_a_folder_that_cannot_be_read_is_refused(profile: WriteProfile) -> None:
    with pytest.raises(InputRefused, match="can't be read: No such file"):
        open_mapped(Path("/nowhere"), load_profile(profile()))


@pytest.mark.parametrize("content", ["Zoë".encode("cp1252"), "Zoë".encode()])
def test_a_file_in_the_code_page_of_windows(folder: WriteFolder, profile: WriteProfile, content: bytes) -> None:
    made = folder({"Families_2026.csv": FILES["Families_2026.csv"].encode().replace(b"Mai", content)})
    text = 'encoding = "windows-1252"\n' + FAMILIES
    assert next(read(made, profile(text)).contacts()).given_name == "Zoë"
    if content == b"Zo\xeb":
        with pytest.raises(InputRefused, match="line 2: the text is not UTF-8"):
            list(read(made, profile()).contacts())


def test_what_is_neither_is_refused_with_its_line(folder: WriteFolder, profile: WriteProfile) -> None:
    made = folder({"Families_2026.csv": FILES["Families_2026.csv"].encode().replace(b"Ann", b"A\x81n")})
    with pytest.raises(InputRefused, match="line 3: the text is neither UTF-8 nor windows-1252"):
        list(read(made, profile('encoding = "windows-1252"\n' + FAMILIES)).contacts())


def test_the_usual_profile_reads_a_folder_that_has_its_files_and_no_other(
    folder: WriteFolder, profile: WriteProfile, tmp_path: Path
) -> None:
    usual = Settings(imports=ImportSettings(profile=profile()))
    assert isinstance(open_feed(folder(), settings=usual), TableFeed)
    other = tmp_path / "other"
    other.mkdir()
    (other / "contacts.csv").write_text("code,given_name,surname\n")
    (other / "students.csv").write_text("code,given_name,surname,status\n")
    (other / "links.csv").write_text("student_code,contact_code\n")
    assert not isinstance(open_feed(other, settings=usual), TableFeed)
    users = tmp_path / "users.csv"
    users.write_text("sourcedId,role,givenName,familyName,agentSourcedIds\n")
    assert open_feed(users, settings=usual).description.feed == "oneroster"
    with pytest.raises(InputRefused, match="A mapping profile is for a folder"):
        open_feed(users, profile=profile())


# -- rows that stand several times ------------------------------------------------------------------------------------

WIDE = """about = "One wide file"
[tables.rows]
file = "wide.csv"
[[contacts]]
from = "rows"
once = true
[contacts.columns]
code = "cid"
given_name = "cfirst"
surname = "clast"
email = "cmail"
contact_type = "type"
[[students]]
from = "rows"
once = true
[students.columns]
code = "sid"
given_name = "sfirst"
surname = "slast"
status = "state"
[[links]]
from = "rows"
once = true
[links.columns]
student_code = "sid"
contact_code = "cid"
relationship = "rel"
contact_type = "type"
[access]
by = "contact_type"
yes = ["SC1"]
no = ["SE1"]
"""
WIDE_HEAD = "sid,sfirst,slast,state,cid,cfirst,clast,cmail,type,rel\n"


def wide(folder: WriteFolder, rows: str) -> Path:
    return folder({"wide.csv": WIDE_HEAD + rows, **dict.fromkeys(FILES)})


def test_the_same_record_in_several_rows_is_taken_once(folder: WriteFolder, profile: WriteProfile) -> None:
    made = wide(folder, "S1,Kim,Lee,full,C1,Mai,Lee,m@x.au,SC1,Mother\nS2,Joe,Lee,full,C1,Mai,Lee,m@x.au,SC2,Mother\n"
                        "S1,Kim,Lee,full,C1,Mai,Lee,m@x.au,SC1,Mother\n")  # fmt: skip
    feed = read(made, profile(WIDE))
    assert [(c.code, c.contact_type) for c in feed.contacts()] == [("C1", "SC1")]
    assert [s.code for s in feed.students()] == ["S1", "S2"]
    assert [(link.student_code, link.portal_access) for link in feed.links()] == [("S1", True), ("S2", None)]
    assert any("wide.csv: 1 row of a contact" in note for note in feed.notes)


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ("S1,Kim,Lee,full,C1,Mai,Lee,m@x.au,SC1,M\nS2,Joe,Lee,full,C1,Mai,Lee,other@x.au,SC1,M\n", "contacts"),
        ("S1,Kim,Lee,full,C1,Mai,Lee,m@x.au,SC1,M\nS1,Kim,Lee,left,C2,Tom,Lee,t@x.au,SC1,F\n", "students"),
        ("S1,Kim,Lee,full,C1,Mai,Lee,m@x.au,SC1,M\nS1,Kim,Lee,full,C1,Mai,Lee,m@x.au,SE1,M\n", "links"),
    ],
    ids=["another email", "another status", "another access"],
)
def test_rows_that_contradict_each_other_are_both_handed_up(
    folder: WriteFolder, profile: WriteProfile, rows: str, kind: str
) -> None:
    """The register then refuses them: which of the two is right can't be told."""
    feed = read(wide(folder, rows), profile(WIDE))
    list(feed.contacts())
    assert len(list(getattr(read(wide(folder, rows), profile(WIDE)), kind)())) == 2


# -- what is wrong with a profile -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('about = "', 'abuot = "', "abuot: there is no such key. Did you mean about?"),
        (
            '[[contacts]]\nfrom = "families"\n[',
            '[[contacts]]\nform = "families"\n[',
            "contacts[1].form: there is no such key. Did you mean from?",
        ),
        (
            'mobile = "Mobile 1"',
            'mobil = "Mobile 1"',
            "contacts[1].columns.mobil: there is no such field. Did you mean mobile?",
        ),
        (
            'mobile = "Mobile 1"',
            "mobile = 1",
            'contacts[1].columns.mobile: must be a column in quotes, { text = "..." } or { constant',
        ),
        ('mobile = "Mobile 1"\n', "", "contacts[1].columns: has no mobile, which another part has"),
        ('surname = "Last 1"\n', "", "contacts[1].columns.surname: is missing."),
        (
            '{ text = "{Family}-1" }',
            '{ constant = "F1" }',
            "contacts[1].columns.code: a code can't be the same in every row.",
        ),
        ('{ text = "{Family}-1" }', '{ text = "F1" }', "contacts[1].columns.code: text names no column"),
        (
            '{ text = "{Family}-1" }',
            '{ text = "{A}", constant = "" }',
            "contacts[1].columns.code: must say one of text and constant.",
        ),
        (
            'status = "State"',
            'status = { constant = "here" }',
            "students[1].columns.status: “here” is not enrolled, left or future",
        ),
        ('Gone = "left"', 'Gone = "went"', "values.students.status.Gone: “went” is not enrolled, left or future"),
        (
            "[values.students.status]",
            "[values.students.statsu]",
            "values.students.statsu: there is no such field. Did you mean status?",
        ),
        ("[values.students.status]", "[values.pupils.status]", 'values.pupils: must be "contacts", "students"'),
        ("[values.students.status]", "[values.students.code]", "values.students.code: codes are taken as they are."),
        (
            'from = "students"\n[students',
            'from = "studnets"\n[students',
            "students[1].from: there is no table studnets. Did you mean students?",
        ),
        ('table = "families"', 'table = "family"', "links[2].join: there is no table family. Did you mean families?"),
        (
            "filled = true }]\n[contacts",
            'filled = "yes" }]\n[contacts',
            "contacts[2].only_if[1].filled: must be true or false (without quotes).",
        ),
        (
            "filled = true }]\n[contacts",
            'filled = true, is = ["x"] }]\n[contacts',
            "contacts[2].only_if[1]: must say one of filled, is and not.",
        ),
        (
            "filled = true }]\n[contacts",
            "fileld = true }]\n[contacts",
            "contacts[2].only_if[1].fileld: there is no such key. Did you mean filled?",
        ),
        ('by = "contact_type"', 'by = "type"', 'access.by: must be "contact_type" or "relationship".'),
        ('no = ["Grandparent"]', 'no = ["parent"]', "access: parent can't stand in both yes and no."),
        ('no = ["Grandparent"]', 'maybe = ["Grandparent"]', "access.maybe: there is no such key."),
        (
            'relationship = "Is 1"',
            'relationship = "Is 1"\nportal_access = "Is 1"',
            "access: the links have portal_access from a column",
        ),
        ('file = "students.csv"\n', 'file = "students.csv"\nquery = "pupils"\n', "tables.students.query: must be"),
        (
            '[tables.families]\nfile = "families*.csv"\n',
            "[tables.families]\n",
            'tables.families: names no file = "..." and no query',
        ),
        ("[access]", "[[access]]", "access: must be a table."),
        ("[access]", "encoding = 3\n[access]", "values.links.relationship.encoding: must be text in quotes."),
    ],
)
def test_what_is_wrong_is_told_with_its_key(profile: WriteProfile, old: str, new: str, said: str) -> None:
    assert old in FAMILIES
    path = profile(FAMILIES.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_profile(path)
    assert f"The mapping profile {path} has " in caught.value.what
    assert said in caught.value.what
    assert caught.value.todo


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("about = ", "is not valid TOML: "),
        ("a = " + "[" * 5000, "is not valid TOML"),
        ("x = '" + "y" * 300_000 + "'", "is over 200,000 bytes"),
        ('extends = "cases22"', "extends: must be the name of a shipped profile: cases21 and synergetic."),
        ("", "about: is missing."),
    ],
    ids=["cut", "nested", "large", "extends nothing", "empty"],
)
def test_a_file_that_is_no_profile_is_told(profile: WriteProfile, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_profile(profile(text))
    assert said in caught.value.what


def test_a_profile_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_profile("casses21")
    assert "There is no mapping profile called casses21. Did you mean cases21?" in caught.value.what
    assert "cases21 and synergetic" in caught.value.means
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        load_profile(str(tmp_path / "nowhere.toml"))


def test_an_extension_adds_values_and_a_rule(profile: WriteProfile) -> None:
    values = '[values.students.status]\nTRIAL = "future"\n'
    path = profile(f'extends = "cases21"\n{values}[access]\nby = "contact_type"\nyes = ["Prime family"]\n')
    found = load_profile(path)
    assert found.name == "ours"
    assert found.values["students"]["status"]["TRIAL"] == "future"
    assert found.values["students"]["status"]["ACTV"] == "enrolled"
    assert found.access is not None


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_profile_says_its_sources_and_guesses_no_rule(name: str) -> None:
    found = load_profile(name)
    assert found.source
    assert all(line.startswith("https://") for line in found.source)
    assert found.access is None
    assert "Not publicly known" in (SHIPPED / f"{name}.toml").read_text("utf-8")
