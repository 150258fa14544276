-- Version 4: jobs that are paused, cancelled or taken back, messages that wait to be sent again, the audit's head.
--
-- jobs.state is running, stopped, cancelled or done. asked: `pause` or `cancel`, asked of whoever runs the job, '' for
-- nothing. of_job: the job that a restore takes back. stopped_why: what a run that did not come to its end stopped at.
ALTER TABLE jobs ADD COLUMN asked TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN of_job INTEGER REFERENCES jobs (id);
ALTER TABLE jobs ADD COLUMN stopped_why TEXT NOT NULL DEFAULT '';

-- items.state also is `deferred` (its message waits for another attempt) and `cancelled`. restored_at: when what this
-- item revoked was taken back.
ALTER TABLE items ADD COLUMN restored_at TEXT NOT NULL DEFAULT '';

-- purpose: welcome or reset. attempt_key: the name under which the newest attempt went out; a bounce quotes it.
-- A queued one that was put off waits until retry_at; tries: how often it was put off.
ALTER TABLE invitations ADD COLUMN item_id INTEGER REFERENCES items (id);
ALTER TABLE invitations ADD COLUMN greeting TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN attempt_key TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN transport TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invitations ADD COLUMN retry_at TEXT NOT NULL DEFAULT '';
UPDATE invitations AS v SET item_id = (SELECT i.id FROM items AS i WHERE i.job_id = v.job_id AND i.person = v.person);
UPDATE invitations SET transport = 'outbox' WHERE state <> 'queued';
CREATE INDEX invitations_item ON invitations (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX invitations_key ON invitations (attempt_key) WHERE attempt_key <> '';

CREATE INDEX items_deferred ON items (job_id) WHERE state = 'deferred';

-- The last event of the audit chain, kept beside it: rows cut off the chain's end are missed here.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id INTEGER NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO audit_head SELECT 1, coalesce(max(id), 0), coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1),
    zeroblob(32)) FROM audit;
