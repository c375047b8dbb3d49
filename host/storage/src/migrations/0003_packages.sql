-- Packages: where each came from, what became of it, what is done about it at the moment.

-- JSON: interfaces of the host that it imports; NULL where it was added before this was kept.
ALTER TABLE packages ADD COLUMN imports TEXT;
-- JSON: the source as it can be asked again; '' where there is none to ask.
ALTER TABLE packages ADD COLUMN origin TEXT NOT NULL DEFAULT '';
-- What of the source it is, for people: a branch with its commit, a tag, the name of a file.
ALTER TABLE packages ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE packages ADD COLUMN readme TEXT NOT NULL DEFAULT '';
-- When it was mounted last; 0 for never.
ALTER TABLE packages ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
UPDATE packages SET used = coalesce((SELECT updated FROM plugins WHERE plugins.digest = packages.digest), 0);

-- What happened to the places of plugins: what can be gone back to, and why something came back.
CREATE TABLE package_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin TEXT NOT NULL,
    time BIGINT NOT NULL,
    -- mounted, refused, rolled-back, came-back, quarantined, unmounted.
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    version TEXT NOT NULL,
    mount TEXT NOT NULL,
    -- The digest that ran before in this place, and the plugin it is of; empty for none.
    former TEXT NOT NULL,
    former_plugin TEXT NOT NULL,
    account TEXT,
    reason TEXT NOT NULL
);
CREATE INDEX package_events_by_plugin ON package_events (plugin, seq);
CREATE INDEX package_events_by_mount ON package_events (mount, seq);

-- What the source of a plugin said when it was asked last.
CREATE TABLE package_checks (
    plugin TEXT NOT NULL PRIMARY KEY,
    -- The newest version there, where its name says one; else what it stands for. Empty for nothing newer.
    newer TEXT NOT NULL,
    -- JSON: where that is fetched from.
    origin TEXT NOT NULL,
    checked BIGINT NOT NULL,
    problem TEXT NOT NULL
);

-- What private sources are opened with, by the source's address.
CREATE TABLE source_access (
    source TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    updated BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);

-- A plugin that may see and cancel a job of another's: which started it through the host.
ALTER TABLE jobs ADD COLUMN through TEXT NOT NULL DEFAULT '';

-- What jobs of the host do about packages.
CREATE TABLE package_jobs (
    job TEXT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    -- fetch, place, check.
    kind TEXT NOT NULL,
    -- As soon as they are known.
    digest TEXT NOT NULL,
    plugin TEXT NOT NULL,
    mount TEXT NOT NULL,
    -- JSON: a sentence for each thing that is wrong.
    problems TEXT NOT NULL
);
CREATE INDEX package_jobs_by_digest ON package_jobs (digest);
CREATE INDEX package_jobs_by_plugin ON package_jobs (plugin);

-- Those who keep packages: developers, beside administrators.
INSERT INTO privilege_permissions (privilege, permission)
SELECT 'developer', name FROM (
    SELECT 'packages.read' AS name UNION ALL SELECT 'packages.manage' UNION ALL SELECT 'plugins.grant'
    UNION ALL SELECT 'server.read'
) WHERE EXISTS (SELECT 1 FROM privileges WHERE name = 'developer') ON CONFLICT DO NOTHING;
