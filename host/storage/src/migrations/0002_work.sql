-- What outlasts a request: jobs, schedules, mails; secrets; data that changes shape; what is handed over.

-- Jobs --------------------------------------------------------------------------------------------------------------

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    plugin TEXT NOT NULL,
    name TEXT NOT NULL,
    -- JSON.
    input TEXT NOT NULL,
    -- queued, running, done, failed, cancelled.
    state TEXT NOT NULL,
    percent INTEGER NOT NULL,
    -- JSON: what it said last.
    message TEXT NOT NULL,
    -- JSON, of one that is done.
    outcome TEXT,
    -- JSON, of one that failed.
    failure TEXT,
    -- Who started it. No reference: a job whose starter is gone must not become nobody's.
    account TEXT,
    -- The token that it was started with.
    token TEXT,
    -- The schedule that started it.
    schedule TEXT,
    -- Begun, and of these failed.
    attempt INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    queued BIGINT NOT NULL,
    -- When it may begin.
    due BIGINT NOT NULL,
    started BIGINT,
    ended BIGINT,
    cancel INTEGER NOT NULL,
    -- Who is at it, the number of this lease, and until when it holds.
    worker TEXT,
    lease BIGINT,
    leased_until BIGINT
);
CREATE INDEX jobs_by_due ON jobs (due, queued) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (worker) WHERE state = 'running';
CREATE INDEX jobs_by_queued ON jobs (queued, id);
CREATE INDEX jobs_by_plugin ON jobs (plugin, state, queued, id);
CREATE INDEX jobs_by_ended ON jobs (ended) WHERE ended IS NOT NULL;

CREATE TABLE job_lines (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    time BIGINT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;

-- When each schedule of a plugin is due next.
CREATE TABLE schedules (
    plugin TEXT NOT NULL,
    job TEXT NOT NULL,
    cron TEXT NOT NULL,
    due BIGINT NOT NULL,
    PRIMARY KEY (plugin, job)
) WITHOUT ROWID;

-- Secrets -----------------------------------------------------------------------------------------------------------

CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    -- What it is bound to; none for one that plugins may read.
    origin TEXT,
    sealed BLOB NOT NULL,
    updated BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);

-- Mails -------------------------------------------------------------------------------------------------------------

CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    -- Empty for the host's own.
    plugin TEXT NOT NULL,
    message TEXT NOT NULL,
    -- Account or visitor, for the limits and the audit.
    recipient TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- What is still to be sent, sealed; none once it has left.
    sealed BLOB,
    -- queued, sent, failed.
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    queued BIGINT NOT NULL,
    due BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX mails_by_due ON mails (due) WHERE state = 'queued';
CREATE INDEX mails_by_queued ON mails (queued, id);
CREATE INDEX mails_by_plugin ON mails (plugin, queued);

-- Addresses that visitors have confirmed: for one plugin, as it knows them.
CREATE TABLE visitor_addresses (
    plugin TEXT NOT NULL,
    visitor TEXT NOT NULL,
    address TEXT NOT NULL,
    confirmed BIGINT NOT NULL,
    PRIMARY KEY (plugin, visitor)
) WITHOUT ROWID;
CREATE TABLE address_links (
    hash BLOB NOT NULL PRIMARY KEY,
    plugin TEXT NOT NULL,
    visitor TEXT NOT NULL,
    address TEXT NOT NULL,
    back TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX address_links_by_expires ON address_links (expires);

-- Who had a link made: it counts only as long as they may still change the account that it opens.
ALTER TABLE one_time_links ADD COLUMN made_by TEXT;

-- Tickets: what the host hands over to one account, once, in a panel.
CREATE TABLE tickets (
    hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- About whom.
    subject TEXT NOT NULL,
    -- Empty once it was shown.
    sealed BLOB NOT NULL,
    -- Until when what it hands over is good.
    good_until BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX tickets_by_expires ON tickets (expires);
CREATE INDEX one_time_links_by_account ON one_time_links (account);

-- Data of plugins ---------------------------------------------------------------------------------------------------

-- Each is a generation of one plugin's data; `kv.plugin` and `kv_used.plugin` name the space. The first one of a plugin
-- is called as the plugin is, so that what was kept before there were spaces is in it.
CREATE TABLE spaces (
    space TEXT NOT NULL PRIMARY KEY,
    plugin TEXT NOT NULL,
    data_version BIGINT NOT NULL,
    -- active: what the plugin works with. retired: another took its place. copy: it is being brought to another shape.
    state TEXT NOT NULL,
    created BIGINT NOT NULL,
    -- When another took its place; it is kept for 30 days from then.
    retired BIGINT,
    -- Of an active space: until when nobody writes into it, while a copy of it changes shape. The copy has the same time,
    -- which says whose hold it is.
    held_until BIGINT
);
CREATE UNIQUE INDEX spaces_active ON spaces (plugin) WHERE state = 'active';
CREATE INDEX spaces_by_plugin ON spaces (plugin, state, retired);

-- Data that is there already has the shape of the package that is mounted, or was added last.
INSERT INTO spaces (space, plugin, data_version, state, created)
SELECT id, id, max(1, coalesce(json_extract(registration, '$.data_version'), 1)), 'active', added
FROM packages AS package
WHERE digest = coalesce(
    (SELECT digest FROM plugins WHERE plugins.id = package.id),
    (SELECT digest FROM packages AS latest WHERE latest.id = package.id ORDER BY added DESC, digest LIMIT 1)
);
