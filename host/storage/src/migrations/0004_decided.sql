-- When somebody said what a package gets, whatever it was: from then on nothing is handed on to it by itself. 0 for never.
ALTER TABLE packages ADD COLUMN decided BIGINT NOT NULL DEFAULT 0;
UPDATE packages SET decided = added WHERE used > 0 OR EXISTS (SELECT 1 FROM grants WHERE grants.digest = packages.digest);
