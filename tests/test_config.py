"""The settings, the config file and its errors."""

import dataclasses
import os
import re
import stat
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import config
from tui import settings as settings_room
from tui.config import load_settings, setting_keys, tables, write_settings
from tui.errors import ConfigError
from tui.settings import Settings

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENGAGE_ACCOUNTS_CONFIG", "ENGAGE_ACCOUNTS_STATE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def refusal(file: Path, text: str | bytes) -> str:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert str(file) in caught.value.what
    assert caught.value.todo
    return caught.value.what


def dotted(table: dict[str, object], above: str = "") -> set[str]:
    found = set()
    for key, value in table.items():
        if isinstance(value, dict) and f"{above}{key}" not in setting_keys():
            found |= dotted(value, f"{above}{key}.")
        else:
            found.add(f"{above}{key}")
    return found


# Finding the file


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings(None) == Settings()


def test_the_file_in_the_config_folder_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "xdg_config_home" / "engage-accounts"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("[guard]\nmax_count = 5\n")
    assert load_settings(None).guard.max_count == 5


def test_the_environment_names_another_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_CONFIG", str(file))
    assert config.default_config_path() == file
    assert load_settings(None) == Settings()
    file.write_text("[guard]\nmax_count = 6\n")
    assert load_settings(None).guard.max_count == 6


def test_a_named_file_must_exist(file: Path) -> None:
    with pytest.raises(ConfigError, match="no config file") as caught:
        load_settings(file)
    assert "init" in caught.value.todo


def test_state_and_registers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "xdg_state_home" / "engage-accounts"
    assert config.state_folder() == state
    assert config.register_path(Settings()) == state / "register.sqlite3"
    assert config.demo_register_path() == state / "demo.sqlite3"
    assert config.outbox_folder(Settings(), state / "register.sqlite3") == state / "outbox"
    shared = Path("/srv/portal/north.sqlite3")
    assert config.outbox_folder(Settings(), shared) == Path("/srv/portal/north-outbox"), "beside it, and its own"
    monkeypatch.setenv("ENGAGE_ACCOUNTS_STATE", str(tmp_path / "elsewhere"))
    assert config.demo_register_path() == tmp_path / "elsewhere" / "demo.sqlite3"


def test_a_named_register_is_used_with_the_home_folder_written_out(file: Path, tmp_path: Path) -> None:
    file.write_text('[register]\npath = "~/team/register.sqlite3"\n[mail]\noutbox = "~/out"\n')
    settings = load_settings(file)
    assert config.register_path(settings) == tmp_path / "home" / "team" / "register.sqlite3"
    assert config.outbox_folder(settings, tmp_path / "register.sqlite3") == tmp_path / "home" / "out"


def test_a_home_folder_of_nobody_is_said(file: Path) -> None:
    file.write_text('[register]\npath = "~nobody-of-this-name/register.sqlite3"\n')
    with pytest.raises(ConfigError, match="home folder"):
        config.register_path(load_settings(file))


# Values


def test_every_key_can_be_set(file: Path) -> None:
    file.write_text(
        """
        [school]
        name = " Kew Primary "
        help_contact = "the office"
        [portal]
        url = "http://localhost:8000/x"
        system = "Portal"
        [register]
        path = "/srv/r.sqlite3"
        group = "it"
        [accounts]
        service = "embedded"
        source = "register"
        future_students_count = true
        restore_days = 0
        per_minute = 60
        [import]
        max_shrink_percent = 100
        watch_seconds = 86400
        profile = "/srv/ours.toml"
        [feeds.oneroster]
        portal_access_roles = ["parent"]
        portal_profile = "portal"
        [feeds.oneroster_rest]
        url = "https://sis.kew.example/ims/oneroster/rostering/v1p2"
        token_url = "https://sis.kew.example/token"
        client_id = "engage"
        client_secret_command = ["pass", "show", "sis"]
        client_secret_file = "~/.sis"
        scope = "roster"
        ca_file = "/srv/ca.pem"
        timeout_seconds = 5
        page_size = 100
        families_only = true
        [feeds.sds]
        portal_access_roles = ["other"]
        [feeds.sql]
        database = "postgresql://reader@sis.kew.example:5433/sis"
        contacts = "SELECT 1"
        students = "SELECT 2"
        links = "SELECT 3"
        link_history = "SELECT 4"
        staff = "SELECT 5"
        profile = "cases21"
        max_rows = 10
        timeout_seconds = 5
        sslmode = "verify-ca"
        ca_file = "/srv/ca.pem"
        password_command = ["pass", "show", "sis"]
        password_file = "~/.sis"
        [guard]
        max_count = 1
        max_percent = 1
        percent_from = 1
        [schedule]
        due_days = 366
        overdue_days = 0
        [mail]
        sender = "Kew <office@kew.example>"
        outbox = "/srv/out"
        transport = "smtp"
        templates = "/srv/letters"
        per_minute = 30
        [mail.smtp]
        host = "smtp.kew.example"
        port = 2525
        security = "tls"
        user = "office"
        password_command = ["pass", "show", "smtp"]
        password_file = "~/.smtp"
        ca_file = "/srv/ca.pem"
        timeout_seconds = 5
        [services.scim]
        url = "https://idm.kew.example/scim/v2"
        system = "Kew IdM"
        token_command = ["pass", "show", "scim"]
        token_file = "~/.scim"
        token_url = "https://idm.kew.example/token"
        client_id = "engage"
        client_secret_command = ["pass", "show", "client"]
        client_secret_file = "~/.client"
        scope = "scim"
        ca_file = "/srv/ca.pem"
        timeout_seconds = 5
        parallel = 8
        new_username = "code"
        keeps_usernames = true
        sends_own_mail = true
        [ui]
        theme = "nord"
        keys = { revoke = "D" }
        """
    )
    assert load_settings(file) == Settings(
        school=settings_room.SchoolSettings("Kew Primary", "the office"),
        portal=settings_room.PortalSettings("http://localhost:8000/x", "Portal"),
        register=settings_room.RegisterSettings(Path("/srv/r.sqlite3"), "it"),
        accounts=settings_room.AccountSettings("embedded", "register", True, 0, 60),
        imports=settings_room.ImportSettings(100, 86400, "/srv/ours.toml"),
        oneroster=settings_room.OneRosterSettings(("parent",), "portal"),
        oneroster_rest=settings_room.OneRosterRestSettings(
            url="https://sis.kew.example/ims/oneroster/rostering/v1p2",
            token_url="https://sis.kew.example/token",
            client_id="engage",
            client_secret_command=("pass", "show", "sis"),
            client_secret_file=Path("~/.sis"),
            scope="roster",
            ca_file=Path("/srv/ca.pem"),
            timeout_seconds=5,
            page_size=100,
            families_only=True,
        ),
        sds=settings_room.SdsSettings(("other",)),
        sql=settings_room.SqlSettings(
            database="postgresql://reader@sis.kew.example:5433/sis",
            contacts="SELECT 1",
            students="SELECT 2",
            links="SELECT 3",
            link_history="SELECT 4",
            staff="SELECT 5",
            profile="cases21",
            max_rows=10,
            timeout_seconds=5,
            sslmode="verify-ca",
            ca_file=Path("/srv/ca.pem"),
            password_command=("pass", "show", "sis"),
            password_file=Path("~/.sis"),
        ),
        guard=settings_room.GuardSettings(1, 1, 1),
        schedule=settings_room.ScheduleSettings(366, 0),
        mail=settings_room.MailSettings(
            "Kew <office@kew.example>", Path("/srv/out"), "smtp", Path("/srv/letters"), per_minute=30
        ),
        smtp=settings_room.SmtpSettings(
            host="smtp.kew.example",
            port=2525,
            security="tls",
            user="office",
            password_command=("pass", "show", "smtp"),
            password_file=Path("~/.smtp"),
            ca_file=Path("/srv/ca.pem"),
            timeout_seconds=5,
        ),
        scim=settings_room.ScimSettings(
            url="https://idm.kew.example/scim/v2",
            system="Kew IdM",
            token_command=("pass", "show", "scim"),
            token_file=Path("~/.scim"),
            token_url="https://idm.kew.example/token",
            client_id="engage",
            client_secret_command=("pass", "show", "client"),
            client_secret_file=Path("~/.client"),
            scope="scim",
            ca_file=Path("/srv/ca.pem"),
            timeout_seconds=5,
            parallel=8,
            new_username="code",
            keeps_usernames=True,
            sends_own_mail=True,
        ),
        ui=settings_room.UiSettings("nord", {"revoke": "D"}),
    )
    assert dotted(tomllib.loads(file.read_text())) == set(setting_keys())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader@sis.kew.example/sis",
        "postgres://sis.kew.example:5433/sis",
        "postgresql:///sis",
        "postgresql://reader@[::1]:5432/sis",
        "postgresql://reader@%2Fvar%2Frun%2Fpostgresql/sis",
        "/srv/sis.sqlite3",
        "~/sis.sqlite3",
        "",
    ],
)
def test_a_database_is_an_address_or_a_path(file: Path, address: str) -> None:
    file.write_text(f'[feeds.sql]\ndatabase = "{address}"\n')
    assert load_settings(file).sql.database == address


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader:opensesame@sis.kew.example/sis",
        "postgresql://reader:@sis.kew.example/sis",
        "postgresql://one,two/sis",
        "postgresql://sis.kew.example",
        "postgresql://sis.kew.example/sis?sslmode=disable",
        "postgresql://sis.kew.example:port/sis",
        "mysql://sis.kew.example/sis",
        "sis.sqlite3",
    ],
)
def test_an_address_with_a_password_or_of_another_kind_is_refused(file: Path, address: str) -> None:
    what = refusal(file, f'[feeds.sql]\ndatabase = "{address}"\n')
    assert "feeds.sql.database: " in what
    assert "without a password" in what
    assert "opensesame" not in what


def test_a_password_in_the_table_is_refused_by_name(file: Path) -> None:
    what = refusal(file, '[feeds.sql]\npassword = "opensesame"\n')
    assert "ENGAGE_ACCOUNTS_SQL_PASSWORD, feeds.sql.password_command or feeds.sql.password_file" in what
    assert "opensesame" not in what


@pytest.mark.parametrize("mode", ["require", "disable"])
def test_a_server_elsewhere_must_show_who_it_is(file: Path, mode: str) -> None:
    text = f'[feeds.sql]\nsslmode = "{mode}"\ndatabase = "postgresql://HOST/sis"\n'
    assert "feeds.sql.sslmode" in refusal(file, text.replace("HOST", "sis.kew.example"))
    for here in ("localhost", "127.0.0.1", "[::1]", "", "%2Fvar%2Frun"):
        file.write_text(text.replace("HOST", here))
        assert load_settings(file).sql.sslmode == mode


def test_a_profile_of_the_schools_own_goes_before_a_shipped_one(file: Path) -> None:
    file.write_text('[import]\nprofile = "cases21"\n[feeds.sql]\nprofile = "ours"\n')
    assert load_settings(file).imports.profile == "cases21"
    own = file.parent / "profiles"
    own.mkdir()
    for name in ("cases21", "ours"):
        (own / f"{name}.toml").touch()
    settings = load_settings(file)
    assert (settings.imports.profile, settings.sql.profile) == (str(own / "cases21.toml"), str(own / "ours.toml"))
    for wrong in ("../cases21", "a/b", "ours.toml", "x y"):
        assert "import.profile" in refusal(file, f'[import]\nprofile = "{wrong}"\n')


def test_text_passes_the_cleaning_gate(file: Path) -> None:
    file.write_text('[school]\nname = "Kew\\u001b[31m\\nBcc: x"\n[ui.keys]\n"re\\u202evoke" = "\\u0007"\n')
    settings = load_settings(file)
    assert settings.school.name == "Kew\ufffd[31m Bcc: x"
    assert settings.ui.keys == {"re\ufffdvoke": "\ufffd"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("guard.max_count", "0"),
        ("guard.max_count", "true"),
        ("guard.max_count", '"5"'),
        ("guard.max_count", "5.0"),
        ("guard.max_count", "1_000_001"),
        ("guard.percent_from", "0"),
        ("guard.max_percent", "0"),
        ("guard.max_percent", "101"),
        ("import.max_shrink_percent", "0"),
        ("import.max_shrink_percent", "101"),
        ("schedule.due_days", "0"),
        ("schedule.due_days", "367"),
        ("schedule.overdue_days", "-1"),
        ("schedule.overdue_days", "367"),
        ("import.watch_seconds", "0"),
        ("accounts.source", '"both"'),
        ("accounts.restore_days", "-1"),
        ("accounts.restore_days", "91"),
        ("accounts.service", '"ldap"'),
        ("accounts.service", "[]"),
        ("accounts.future_students_count", "1"),
        ("accounts.future_students_count", '"yes"'),
        ("feeds.oneroster.portal_access_roles", "[]"),
        ("feeds.oneroster.portal_access_roles", '["gaurdian"]'),
        ("feeds.oneroster.portal_access_roles", '"parent"'),
        ("portal.url", '"http://portal.school.example"'),
        ("portal.url", '"http://localhost.evil.example"'),
        ("portal.url", '"portal.school.example"'),
        ("portal.url", '"javascript:alert(1)"'),
        ("portal.url", '"https://"'),
        ("portal.url", '"https://portal.school.example:port"'),
        ("portal.url", '"https://portal.school.example/a b"'),
        ("portal.url", '"https://portal.school.example/\\u001b"'),
        ("portal.url", "3"),
        ("mail.sender", '"office"'),
        ("mail.sender", '"a@school.example, b@school.example"'),
        ("mail.sender", '"Office <a@school.example"'),
        ("mail.sender", '"Office a@school.example>"'),
        ("register.path", '"register.sqlite3"'),
        ("register.path", '"/srv/\\u001b"'),
        ("register.path", "1"),
        ("school.name", "1"),
        ("school.name", "2026-11-28"),
        ("school.name", '"' + "x" * 201 + '"'),
        ("mail.transport", '"sendmail"'),
        ("mail.per_minute", "-1"),
        ("mail.per_minute", "6001"),
        ("mail.templates", '"letters"'),
        ("mail.smtp.host", '"smtp.school.example:25"'),
        ("mail.smtp.host", '"-smtp.school.example"'),
        ("mail.smtp.port", "65536"),
        ("mail.smtp.security", '"ssl"'),
        ("mail.smtp.password_command", '"pass show smtp"'),
        ("mail.smtp.password_command", '[""]'),
        ("mail.smtp.password_command", '["pass\\n"]'),
        ("mail.smtp.timeout_seconds", "4"),
        ("mail.smtp.timeout_seconds", "301"),
        ("ui.keys", '"x"'),
        ("ui.keys", "{ revoke = 3 }"),
    ],
)
def test_what_is_not_allowed_is_refused_and_what_is_allowed_is_said(file: Path, key: str, value: str) -> None:
    table, _, name = key.rpartition(".")
    said = refusal(file, f"[{table}]\n{name} = {value}\n")
    assert f"  {key}: " in said
    assert setting_keys()[key] in said
    assert "1 problem:" in said


@pytest.mark.parametrize("url", ["https://portal.school.example", "http://127.0.0.1:8000", "http://[::1]/", ""])
def test_addresses_of_a_portal(file: Path, url: str) -> None:
    file.write_text(f'[portal]\nurl = "{url}"\n')
    assert load_settings(file).portal.url == url


def test_a_password_in_the_portals_address_is_refused_and_not_repeated(file: Path) -> None:
    assert "hunter2" not in refusal(file, '[portal]\nurl = "https://u:hunter2@p.example"\n')


# Keys that go together

SMTP = '[mail]\ntransport = "smtp"\nsender = "office@school.example"\n[mail.smtp]\nhost = "smtp.school.example"\n'


def test_mail_by_smtp_needs_a_server_and_a_sender(file: Path) -> None:
    said = refusal(file, '[mail]\ntransport = "smtp"\n')
    assert "2 problems:" in said
    assert '  mail.smtp.host: is needed where mail.transport is "smtp".' in said
    assert '  mail.sender: is needed where mail.transport is "smtp"' in said
    file.write_text(SMTP)
    assert load_settings(file).smtp.host == "smtp.school.example"
    file.write_text('[mail.smtp]\nuser = "office"\n')
    assert load_settings(file).smtp.host == "", "whoever uses the outbox needs none"


def test_mail_in_the_clear_stays_on_this_host(file: Path) -> None:
    assert '  mail.smtp.security: "none" is only for a mail server on this host' in refusal(
        file, SMTP + 'security = "none"\n'
    )
    file.write_text(SMTP.replace("smtp.school.example", "localhost") + 'security = "none"\n')
    assert load_settings(file).smtp.security == "none"


@pytest.mark.parametrize("table", ["mail.smtp", "mail", "nowhere"])
@pytest.mark.parametrize("key", ["password", "Passwd", "secret"])
def test_a_password_is_refused_and_told_where_it_belongs(file: Path, table: str, key: str) -> None:
    said = refusal(file, f'[{table}]\n{key} = "hunter2"\n')
    if table != "nowhere":
        assert f"  {table}.{key}: no password or other secret stands in the config file" in said
        assert "ENGAGE_ACCOUNTS_SMTP_PASSWORD, mail.smtp.password_command or mail.smtp.password_file" in said
    assert "hunter2" not in said


def test_a_table_below_one_that_has_keys_too(file: Path) -> None:
    assert "mail.smtp: must be a table" in refusal(file, "[mail]\nsmtp = 3\n")
    assert "mail.smtp.prot: there is no such key. Did you mean mail.smtp.port?" in refusal(
        file, "[mail.smtp]\nprot = 3\n"
    )


# Unknown keys


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[guard]\nmax_counts = 3", "guard.max_count"),
        ("[guard]\nmax_shrink_percent = 3", "import.max_shrink_percent"),
        ("[gaurd]\nmax_count = 3", "guard"),
        ("max_count = 3", "guard.max_count"),
        ("[imports]\nmax_shrink_percent = 3", "import"),
        ("[oneroster]\nportal_access_roles = []", "feeds.oneroster"),
        ("[feeds.one_roster]\nportal_access_roles = []", "feeds.oneroster"),
        ('["feeds.oneroster"]\nportal_access_roles = []', "feeds.oneroster"),
    ],
)
def test_an_unknown_key_names_the_nearest_right_one(file: Path, text: str, meant: str) -> None:
    said = refusal(file, text)
    assert f"there is no such key. Did you mean {meant}?" in said
    assert "1 problem:" in said


def test_a_key_like_no_other_gets_no_guess_and_its_value_is_not_shown(file: Path) -> None:
    said = refusal(file, '[guard]\nzzzz = "hunter2"\n"\\u001b[2J" = 1\n')
    assert "Did you mean" not in said
    assert "The keys of [guard] are max_count, max_percent and percent_from." in said
    assert "hunter2" not in said
    assert "\x1b" not in said


def test_all_problems_are_said_at_once(file: Path) -> None:
    said = refusal(file, "gaurd = 1\nmail = 3\n[guard]\nmax_count = 0\nmax_percent = 101\nmax_cuont = 1\n")
    assert "5 problems:" in said
    for key in ("gaurd", "mail", "guard.max_count", "guard.max_percent", "guard.max_cuont"):
        assert f"  {key}: " in said


@pytest.mark.parametrize("text", ["guard = 1", "[[guard]]\nmax_count = 1", "feeds = 1"])
def test_a_table_must_be_a_table(file: Path, text: str) -> None:
    assert "must be a table" in refusal(file, text)


# Files that are no config file


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[guard]\nmax_count 3\n", "line 2, column 11"),
        ('[school]\n\nname = "Kew', "line 3"),
        ("[guard]\n[guard]\n", "line 2, column 7"),
        ("[school]\nname = 'a\x1b[31m'\n", "line 2"),
    ],
)
def test_toml_errors_name_the_place(file: Path, text: str, place: str) -> None:
    said = refusal(file, text)
    assert "not valid TOML" in said
    assert place in said
    assert "\x1b" not in said


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "x = " + "9" * 5000])
def test_toml_that_python_chokes_on_is_an_error_like_any_other(file: Path, text: str) -> None:
    assert "not valid TOML" in refusal(file, text)


def test_other_encodings(file: Path) -> None:
    assert "not UTF-8 text (line 2)" in refusal(file, '[school]\nname = "Collège"\n'.encode("cp1252"))
    assert "not UTF-8" in refusal(file, "[school]\n".encode("utf-16"))
    file.write_bytes('\ufeff[school]\r\nname = "Collège"\r\n'.encode())
    assert load_settings(file).school.name == "Collège"


def test_a_folder_an_unreadable_file_and_a_huge_one(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load_settings(tmp_path)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match="can't be read"):
        load_settings(loop)
    with pytest.raises(ConfigError, match="not a usable path"):
        load_settings(Path("a\0b"))
    assert "over 1,000,000 bytes" in refusal(file, b"#" * 1_000_001)


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_file_gives_settings_or_a_config_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(raw)
    with suppress(ConfigError):
        assert isinstance(load_settings(file), Settings)


# The example


def test_the_example_holds_every_key_and_no_other() -> None:
    assert dotted(tomllib.loads(EXAMPLE.read_text())) == set(setting_keys())


def test_the_example_holds_the_defaults() -> None:
    assert load_settings(EXAMPLE) == Settings()


def test_every_key_of_the_example_is_explained() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for at, line in enumerate(lines):
        if re.match(r"[\w\[]", line):
            before = next(text for text in reversed(lines[:at]) if text)
            assert before.startswith("#"), f"{line} has no comment above it"


def test_every_field_says_what_is_allowed() -> None:
    assert all(setting_keys().values())
    assert len(setting_keys()) == sum(len(dataclasses.fields(getattr(Settings(), a))) for a in tables().values())


# Writing


def changed() -> Settings:
    return dataclasses.replace(
        Settings(),
        portal=settings_room.PortalSettings("https://portal.school.example"),
        oneroster=settings_room.OneRosterSettings(("parent",)),
        mail=settings_room.MailSettings(outbox=Path("~/out")),
        smtp=settings_room.SmtpSettings(port=2525, password_command=("pass", "show", "smtp")),
        ui=settings_room.UiSettings(keys={"revoke": "D"}),
    )


def test_a_written_file_is_read_back(file: Path) -> None:
    write_settings(file, changed())
    assert load_settings(file) == changed()
    assert dotted(tomllib.loads(file.read_text())) == {
        "school.name",
        "portal.url",
        "portal.system",
        "accounts.service",
        "feeds.oneroster.portal_access_roles",
        "mail.outbox",
        "mail.smtp.port",
        "mail.smtp.password_command",
        "ui.keys",
    }


def test_a_written_file_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new" / "config.toml"
    modes = []
    fdopen = os.fdopen

    def watched(handle: int, *arguments: Any, **options: Any) -> Any:
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        return fdopen(handle, *arguments, **options)

    monkeypatch.setattr(os, "fdopen", watched)
    write_settings(file, Settings())
    assert modes == [0o600]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_there_is_overwritten_only_when_told(file: Path) -> None:
    file.write_text("# mine\n")
    with pytest.raises(ConfigError, match="already a config file"):
        write_settings(file, changed())
    assert file.read_text() == "# mine\n"
    write_settings(file, changed(), overwrite=True)
    assert load_settings(file) == changed()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.glob("*tmp*")) == []


def test_overwriting_keeps_a_link_to_the_file(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    write_settings(link, changed(), overwrite=True)
    assert link.is_symlink()
    assert load_settings(file) == changed()


def test_what_could_not_be_read_again_is_not_written(file: Path) -> None:
    wrong = dataclasses.replace(Settings(), guard=settings_room.GuardSettings(max_count=0))
    with pytest.raises(ConfigError, match=r"guard\.max_count"):
        write_settings(file, wrong)
    assert not file.exists()


def test_a_folder_that_cannot_be_made_is_said(file: Path) -> None:
    file.write_text("")
    with pytest.raises(ConfigError, match="can't be written"):
        write_settings(file / "below" / "config.toml", Settings())


# Start-up


def test_defaults_need_none_of_the_slow_libraries() -> None:
    code = (
        "import sys, tui.config as config\n"
        "slow = {'pydantic', 'tomli_w', 'rapidfuzz', 'platformdirs', 'tomllib'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
        "config.load_settings(None)\n"
        "assert not (slow - {'platformdirs'}) & set(sys.modules), slow & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
