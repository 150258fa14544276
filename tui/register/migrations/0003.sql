-- Version 3: which old and new records are one person's, what was said to that, and hand-overs.
--
-- What correlation found at last, made anew by every import: the candidates (contacts' row ids) of each account that
-- was ready to revoke, and whatever pair was ever accepted. rank 1 carries the decision, rule and cause of the account;
-- rank 0 is a pair that a person chose and that is not among the candidates. evidence: JSON list of sentences.
-- digest: of how the two agree, trait by trait; another one means other evidence.
CREATE TABLE correlations (
    old INTEGER NOT NULL REFERENCES contacts (id),
    new INTEGER NOT NULL REFERENCES contacts (id),
    rank INTEGER NOT NULL,
    decision TEXT NOT NULL,
    rule TEXT NOT NULL,
    cause TEXT NOT NULL,
    confidence REAL NOT NULL,
    margin REAL NOT NULL,
    sexes_contradict INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (old, new)
) WITHOUT ROWID;
CREATE INDEX correlations_new ON correlations (new);

-- What an operator said of a pair. verdict: accepted, rejected. found: what correlation had said: match, review, none,
-- or chosen, for a record that a person looked up. digest: of the evidence it was said on.
CREATE TABLE pair_verdicts (
    old INTEGER NOT NULL REFERENCES contacts (id),
    new INTEGER NOT NULL REFERENCES contacts (id),
    verdict TEXT NOT NULL,
    found TEXT NOT NULL,
    digest TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (old, new)
) WITHOUT ROWID;
CREATE UNIQUE INDEX pair_verdicts_accepted ON pair_verdicts (old) WHERE verdict = 'accepted';
CREATE INDEX pair_verdicts_new ON pair_verdicts (new);

-- Pairs that stand: accepted, or proposed and rejected by nobody. What was said on other evidence is to be looked at
-- again: review.
CREATE VIEW proposals AS
    SELECT k.old, k.new, k.cause, k.evidence, v.by, v.at,
        CASE WHEN v.verdict = 'accepted' AND v.digest = k.digest THEN 'accepted' WHEN v.verdict IS NOT NULL THEN 'review'
            ELSE k.decision END AS decision
    FROM correlations AS k LEFT JOIN pair_verdicts AS v ON v.old = k.old AND v.new = k.new
    WHERE v.verdict = 'accepted' OR (k.rank = 1 AND k.decision IN ('match', 'review')
        AND (v.verdict IS NULL OR v.digest <> k.digest)
        AND NOT EXISTS (SELECT 1 FROM pair_verdicts AS a WHERE a.old = k.old AND a.verdict = 'accepted'));

-- A walk through the hand-over. step: choose, review, revoke, welcome, summary; place: the code under the cursor.
CREATE TABLE handovers (
    id INTEGER PRIMARY KEY,
    operator TEXT NOT NULL,
    started_at TEXT NOT NULL,
    step TEXT NOT NULL,
    place TEXT NOT NULL DEFAULT '',
    ended_at TEXT NOT NULL DEFAULT ''
);

-- The accounts of a hand-over. later: left for another time. The answers are the very questions that were said yes to,
-- '' when none was; greeting: the line that the welcome email begins with, '' for the usual one.
CREATE TABLE handover_accounts (
    handover INTEGER NOT NULL REFERENCES handovers (id),
    old INTEGER NOT NULL REFERENCES contacts (id),
    later INTEGER NOT NULL DEFAULT 0,
    revoke_answer TEXT NOT NULL DEFAULT '',
    welcome_answer TEXT NOT NULL DEFAULT '',
    greeting TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (handover, old)
) WITHOUT ROWID;

-- Which hand-over a job is part of. An item whose question was answered by itself may be acted on in a job of many.
ALTER TABLE jobs ADD COLUMN handover INTEGER REFERENCES handovers (id);
ALTER TABLE items ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN greeting TEXT NOT NULL DEFAULT '';
CREATE INDEX jobs_handover ON jobs (handover) WHERE handover IS NOT NULL;
