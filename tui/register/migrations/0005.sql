-- Version 5: whose record names a link, for feeds that say only what changed.
--
-- links.named_by: 1 the student's, 2 the contact's, 3 both, 0 not known.
ALTER TABLE links ADD COLUMN named_by INTEGER NOT NULL DEFAULT 0;
