"""The settings: what they are, their defaults, and what is allowed in each. Nothing is read or written here.

The dataclasses are the one definition; tui.config checks a config file against them.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from tui.config_values import (
    Command,
    Count,
    Database,
    Host,
    Keys,
    Line,
    PathOrUsual,
    Percent,
    PortalUrl,
    Profile,
    Roles,
    SdsRoles,
    Sender,
    Statement,
    YesNo,
    one_of,
    whole,
)


class _Table:
    """A table of the config file. Its fields are its keys, and it has no others."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class SchoolSettings(_Table):
    """Who writes to the parents."""

    name: Line = ""
    help_contact: Line = ""


@dataclass(frozen=True, slots=True)
class PortalSettings(_Table):
    """The portal that parents log in to."""

    url: PortalUrl = ""
    system: Line = "SEQTA Engage"


@dataclass(frozen=True, slots=True)
class RegisterSettings(_Table):
    """Where the register is; None is the usual place. `group` owns it when a team shares a host."""

    path: PathOrUsual = None
    group: Line = ""


@dataclass(frozen=True, slots=True)
class AccountSettings(_Table):
    """Where accounts live, who knows who has one ("" is what goes with the service), who counts as at the school, and
    how long a revoke can be restored."""

    service: Annotated[Literal["worklist", "embedded", "scim"], one_of("worklist", "embedded", "scim")] = "worklist"
    source: Annotated[Literal["", "feed", "register"], one_of("", "feed", "register")] = ""
    future_students_count: YesNo = False
    restore_days: Annotated[int, whole(0, 90)] = 14
    per_minute: Annotated[int, whole(0, 6000)] = 0


@dataclass(frozen=True, slots=True)
class ImportSettings(_Table):
    """When an import is stopped because too much is missing from it, how often a folder that is watched is looked at,
    and how a folder of files is mapped."""

    max_shrink_percent: Percent = 33
    watch_seconds: Annotated[int, whole(1, 86400)] = 60
    profile: Profile = ""


@dataclass(frozen=True, slots=True)
class OneRosterSettings(_Table):
    """The sync rule for OneRoster, whose links carry no portal access: which roles get it; and which user profile has
    the portal's usernames ("": users.csv has them)."""

    portal_access_roles: Roles = ("parent", "guardian")
    portal_profile: Line = ""


@dataclass(frozen=True, slots=True)
class OneRosterRestSettings(_Table):
    """The OneRoster server, with who asks it for tokens (OAuth 2 client credentials; none without a token_url).

    The client's secret is never a setting: see tui.secret.
    """

    url: PortalUrl = ""
    token_url: PortalUrl = ""
    client_id: Line = ""
    client_secret_command: Command = ()
    client_secret_file: PathOrUsual = None
    scope: Line = ""
    ca_file: PathOrUsual = None
    timeout_seconds: Annotated[int, whole(5, 300)] = 60
    page_size: Annotated[int, whole(1, 10_000)] = 500
    families_only: YesNo = False


@dataclass(frozen=True, slots=True)
class SdsSettings(_Table):
    """The sync rule for Microsoft School Data Sync: which relationship roles get portal access."""

    portal_access_roles: SdsRoles = ("parent", "guardian")


@dataclass(frozen=True, slots=True)
class SqlSettings(_Table):
    """The database that a roster is read from, and one statement that reads for each kind of record.

    The password itself is never a setting: see tui.secret. `sslmode` "" is verify-full, but for a server on this host.
    """

    database: Database = ""
    contacts: Statement = ""
    students: Statement = ""
    links: Statement = ""
    link_history: Statement = ""
    staff: Statement = ""
    profile: Profile = ""
    max_rows: Annotated[int, whole(1, 5_000_000)] = 200_000
    timeout_seconds: Annotated[int, whole(1, 3600)] = 60
    sslmode: Annotated[
        Literal["", "verify-full", "verify-ca", "require", "disable"],
        one_of("", "verify-full", "verify-ca", "require", "disable"),
    ] = ""
    ca_file: PathOrUsual = None
    password_command: Command = ()
    password_file: PathOrUsual = None


@dataclass(frozen=True, slots=True)
class GuardSettings(_Table):
    """How many accounts may be acted on before the guard stops the plan."""

    max_count: Count = 1000
    max_percent: Percent = 20
    percent_from: Count = 50


@dataclass(frozen=True, slots=True)
class ScheduleSettings(_Table):
    """After how many days revoking is due again, and a request that nobody has carried out overdue (0: never)."""

    due_days: Annotated[int, whole(1, 366)] = 31
    overdue_days: Annotated[int, whole(0, 366)] = 7


@dataclass(frozen=True, slots=True)
class MailSettings(_Table):
    """Who our mail comes from, what it says and how it leaves. None is the usual outbox and the shipped templates."""

    sender: Sender = ""
    outbox: PathOrUsual = None
    transport: Annotated[Literal["outbox", "smtp"], one_of("outbox", "smtp")] = "outbox"
    templates: PathOrUsual = None
    per_minute: Annotated[int, whole(0, 6000)] = 0


@dataclass(frozen=True, slots=True)
class SmtpSettings(_Table):
    """The mail server, where mail leaves by SMTP. Port 0 is the usual one; no user is no login.

    The password itself is never a setting: see tui.secret.
    """

    host: Host = ""
    port: Annotated[int, whole(0, 65535)] = 0
    security: Annotated[Literal["starttls", "tls", "none"], one_of("starttls", "tls", "none")] = "starttls"
    user: Line = ""
    password_command: Command = ()
    password_file: PathOrUsual = None
    ca_file: PathOrUsual = None
    timeout_seconds: Annotated[int, whole(5, 300)] = 30


@dataclass(frozen=True, slots=True)
class ScimSettings(_Table):
    """The identity service, where accounts live in one that speaks SCIM 2.0.

    With a token_url it is asked for tokens (OAuth 2 client credentials), else there is one bearer token. Neither it nor
    the client's secret is ever a setting: see tui.secret.
    """

    url: PortalUrl = ""
    system: Line = ""
    token_command: Command = ()
    token_file: PathOrUsual = None
    token_url: PortalUrl = ""
    client_id: Line = ""
    client_secret_command: Command = ()
    client_secret_file: PathOrUsual = None
    scope: Line = ""
    ca_file: PathOrUsual = None
    timeout_seconds: Annotated[int, whole(5, 300)] = 30
    parallel: Annotated[int, whole(1, 16)] = 4
    new_username: Annotated[Literal["email", "code"], one_of("email", "code")] = "email"
    keeps_usernames: YesNo = False
    sends_own_mail: YesNo = False


@dataclass(frozen=True, slots=True)
class UiSettings(_Table):
    """The screen: its theme ("" is the usual one) and keys remapped by action name."""

    theme: Line = ""
    keys: Keys = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings(_Table):
    """Every setting. A table whose TOML name differs from the attribute names it in its metadata."""

    school: SchoolSettings = field(default_factory=SchoolSettings)
    portal: PortalSettings = field(default_factory=PortalSettings)
    register: RegisterSettings = field(default_factory=RegisterSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    imports: ImportSettings = field(default_factory=ImportSettings, metadata={"table": "import"})
    oneroster: OneRosterSettings = field(default_factory=OneRosterSettings, metadata={"table": "feeds.oneroster"})
    oneroster_rest: OneRosterRestSettings = field(
        default_factory=OneRosterRestSettings, metadata={"table": "feeds.oneroster_rest"}
    )
    sds: SdsSettings = field(default_factory=SdsSettings, metadata={"table": "feeds.sds"})
    sql: SqlSettings = field(default_factory=SqlSettings, metadata={"table": "feeds.sql"})
    guard: GuardSettings = field(default_factory=GuardSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    smtp: SmtpSettings = field(default_factory=SmtpSettings, metadata={"table": "mail.smtp"})
    scim: ScimSettings = field(default_factory=ScimSettings, metadata={"table": "services.scim"})
    ui: UiSettings = field(default_factory=UiSettings)
