-- Version 1. Times are UTC ISO-8601 text, dates ISO text, booleans 0/1, "unknown" is NULL.
--
-- A *person number* names an account of any user type in one integer: 4 * row id + type,
-- type 0 contact, 1 student, 2 staff. accounts and directory use it as their key.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One import. columns: JSON kind -> column names; counts: JSON kind -> rows in the feed.
CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY,
    feed TEXT NOT NULL,
    source TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    operator TEXT NOT NULL,
    sync_rule TEXT NOT NULL DEFAULT '',
    columns TEXT NOT NULL,
    counts TEXT NOT NULL,
    skipped INTEGER NOT NULL DEFAULT 0,
    accepted_shrink INTEGER NOT NULL DEFAULT 0,
    warnings TEXT NOT NULL DEFAULT '[]'
);

-- gone_snapshot: the import in which a known record was first absent. Nobody is ever deleted.
-- incomplete_snapshot: the last import, when it left out rows that may be about this contact's children: what is not
-- known of a child is then not taken as "none".
CREATE TABLE contacts (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    salutation TEXT NOT NULL,
    given_name TEXT NOT NULL,
    preferred_name TEXT NOT NULL,
    surname TEXT NOT NULL,
    gender TEXT NOT NULL,
    email TEXT NOT NULL,
    mobile TEXT NOT NULL,
    address TEXT NOT NULL,
    suburb TEXT NOT NULL,
    postcode TEXT NOT NULL,
    contact_type TEXT NOT NULL,
    internally_managed INTEGER NOT NULL,
    first_snapshot INTEGER NOT NULL REFERENCES snapshots (id),
    gone_snapshot INTEGER REFERENCES snapshots (id),
    incomplete_snapshot INTEGER REFERENCES snapshots (id)
);
CREATE UNIQUE INDEX contacts_code ON contacts (code);
CREATE INDEX contacts_email ON contacts (email COLLATE NOCASE) WHERE email <> '';

-- status: enrolled | left | future. A student absent from a full feed has left, as of that import.
CREATE TABLE students (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    given_name TEXT NOT NULL,
    preferred_name TEXT NOT NULL,
    surname TEXT NOT NULL,
    year_level TEXT NOT NULL,
    status TEXT NOT NULL,
    exit_date TEXT NOT NULL,
    email TEXT NOT NULL,
    custody_note TEXT NOT NULL,
    first_snapshot INTEGER NOT NULL REFERENCES snapshots (id),
    gone_snapshot INTEGER REFERENCES snapshots (id)
);
CREATE UNIQUE INDEX students_code ON students (code);

CREATE TABLE staff (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    given_name TEXT NOT NULL,
    surname TEXT NOT NULL,
    email TEXT NOT NULL,
    employed INTEGER NOT NULL,
    first_snapshot INTEGER NOT NULL REFERENCES snapshots (id),
    gone_snapshot INTEGER REFERENCES snapshots (id)
);
CREATE UNIQUE INDEX staff_code ON staff (code);

-- portal_access: 1 yes, 0 no, NULL unknown. access_off_snapshot: the import in which it last went from yes to no.
-- A removed link stays: removed_snapshot when a feed no longer had it, removed_on when the admin system gave a day.
CREATE TABLE links (
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    student_id INTEGER NOT NULL REFERENCES students (id),
    relationship TEXT NOT NULL,
    priority INTEGER,
    portal_access INTEGER,
    first_snapshot INTEGER NOT NULL REFERENCES snapshots (id),
    access_off_snapshot INTEGER REFERENCES snapshots (id),
    removed_snapshot INTEGER REFERENCES snapshots (id),
    removed_on TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (contact_id, student_id, relationship)
) WITHOUT ROWID;
CREATE INDEX links_student ON links (student_id);

-- The account of a person: has_account is a username or a password. acted_at: the last time this program
-- or an attestation changed it; an extract that is older neither verifies nor undoes that.
-- feed_username: what a feed last listed, reported when it differs and the register is not to obey it.
CREATE TABLE accounts (
    person INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    password_hash TEXT,
    last_login TEXT,
    feed_username TEXT NOT NULL DEFAULT '',
    acted_at TEXT NOT NULL DEFAULT '',
    revoked_at TEXT NOT NULL DEFAULT '',
    revoked_job INTEGER,
    came_back_snapshot INTEGER REFERENCES snapshots (id)
);
CREATE INDEX accounts_username ON accounts (username_key) WHERE username_key <> '';

-- The change log of imports. kind: contact, student, staff, link, flag, account. field '' with new 'added',
-- 'gone', 'returned' or 'removed' is the record as a whole. The first import of a register logs nothing.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    snapshot_id INTEGER NOT NULL REFERENCES snapshots (id),
    kind TEXT NOT NULL,
    contact_code TEXT NOT NULL DEFAULT '',
    student_code TEXT NOT NULL DEFAULT '',
    field TEXT NOT NULL DEFAULT '',
    old TEXT,
    new TEXT
);
CREATE INDEX changes_contact ON changes (contact_code) WHERE contact_code <> '';
CREATE INDEX changes_snapshot ON changes (snapshot_id, kind);

-- Never revoke (kind revoke) or never mail (kind mail) this one.
CREATE TABLE holds (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL,
    kind TEXT NOT NULL,
    note TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    until TEXT NOT NULL DEFAULT '',
    released_at TEXT NOT NULL DEFAULT '',
    released_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX holds_open ON holds (person, kind) WHERE released_at = '';

-- What the operator said of a flag group; snapshot_id 0: off from the first import on.
CREATE TABLE flag_answers (
    contact_type TEXT NOT NULL,
    snapshot_id INTEGER NOT NULL,
    answer TEXT NOT NULL,
    reason TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (contact_type, snapshot_id)
) WITHOUT ROWID;

-- A job is a frozen plan with its items. state: running, stopped, done. One runner at a time: it holds the job
-- until lease_until and renews it; runner is host:pid.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    verb TEXT NOT NULL,
    service TEXT NOT NULL,
    system TEXT NOT NULL,
    state TEXT NOT NULL,
    singly INTEGER NOT NULL,
    reason TEXT NOT NULL,
    guard TEXT NOT NULL DEFAULT '',
    override_reason TEXT NOT NULL DEFAULT '',
    operator TEXT NOT NULL,
    created_at TEXT NOT NULL,
    finished_at TEXT NOT NULL DEFAULT '',
    files TEXT NOT NULL DEFAULT '[]',
    runner TEXT NOT NULL DEFAULT '',
    lease_until TEXT NOT NULL DEFAULT ''
);

-- state: pending, claimed, then one of done, requested, skipped, failed, unknown; a request becomes attested, done or
-- not_done. facts: the fingerprint of what the plan rested on.
-- covered: its undecided flag group was passed with the guard's override. verified: what a newer import said of it.
CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    person INTEGER NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL,
    facts TEXT NOT NULL,
    covered INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    acted_at TEXT NOT NULL DEFAULT '',
    verified TEXT NOT NULL DEFAULT '',
    verified_snapshot INTEGER REFERENCES snapshots (id)
);
CREATE INDEX items_job ON items (job_id, state);
CREATE INDEX items_person ON items (person);
CREATE INDEX items_open ON items (state) WHERE state IN ('requested', 'attested');

-- state: queued, sending, sent, accepted, expired, superseded, failed, unknown. Only the hash of a token is kept.
CREATE TABLE invitations (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL,
    code TEXT NOT NULL,
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    token_hash BLOB UNIQUE,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    job_id INTEGER REFERENCES jobs (id),
    created_at TEXT NOT NULL,
    sent_at TEXT NOT NULL DEFAULT '',
    expires_at TEXT NOT NULL DEFAULT '',
    ended_at TEXT NOT NULL DEFAULT '',
    ended_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX invitations_person ON invitations (person);
CREATE INDEX invitations_open ON invitations (state) WHERE state IN ('queued', 'sending', 'sent', 'unknown');

-- What a restore needs, kept until keep_until and then wiped.
CREATE TABLE revoked_copies (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    username TEXT NOT NULL,
    password_hash TEXT,
    revoked_at TEXT NOT NULL,
    keep_until TEXT NOT NULL
);
CREATE INDEX revoked_copies_person ON revoked_copies (person);

-- Append only; each row's hash covers the row and the hash before it.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    operator TEXT NOT NULL,
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    job_id INTEGER,
    reason TEXT NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX audit_subject ON audit (subject) WHERE subject <> '';

-- Derived by tui.domain from the tables above, never edited: one row a person, for tables and counts.
-- flag_snapshot: the import in which the flag went off (0: from the first on), NULL when that is not a reason.
-- reasons: all that hold, leading first, space separated.
CREATE TABLE directory (
    person INTEGER PRIMARY KEY,
    user_type TEXT NOT NULL,
    status TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    reasons TEXT NOT NULL DEFAULT '',
    contact_type TEXT NOT NULL DEFAULT '',
    flag_snapshot INTEGER
);
CREATE INDEX directory_status ON directory (user_type, status, sort_name);
CREATE INDEX directory_flags ON directory (contact_type, flag_snapshot) WHERE flag_snapshot IS NOT NULL;
