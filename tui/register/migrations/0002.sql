-- Version 2: a group of accounts can be held as a whole, and released as a whole after it has changed.
--
-- cause: the key of the cause that the hold was put on, '' when the account was held by itself.
ALTER TABLE holds ADD COLUMN cause TEXT NOT NULL DEFAULT '';
CREATE INDEX holds_cause ON holds (cause) WHERE cause <> '' AND released_at = '';

-- What the causes are read from: those who are ready alone, and when students left or came back.
CREATE INDEX directory_ready ON directory (reason, contact_type, flag_snapshot, sort_name)
    WHERE user_type = 'contact' AND status = 'ready_to_revoke';
CREATE INDEX changes_left ON changes (student_code, field, new, snapshot_id)
    WHERE kind = 'student' AND field IN ('status', '');
