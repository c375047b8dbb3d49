-- The first schema. Times are milliseconds since the Unix epoch; 0 or NULL is no time.

-- Raised with every change to who may do what and to what is mounted.
CREATE TABLE generation (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), value BIGINT NOT NULL);
INSERT INTO generation (id, value) VALUES (1, 1);

-- Accounts ----------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    -- Lower-case; empty for none.
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    -- What the name is ordered by.
    name_key TEXT NOT NULL,
    active INTEGER NOT NULL,
    -- A PHC string.
    password TEXT,
    -- Those of account_privileges, in order, with one space between.
    privileges TEXT NOT NULL,
    second_factor INTEGER NOT NULL,
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_email_once ON accounts (email) WHERE email <> '';
-- One index for each order, once for all and once by state.
CREATE INDEX accounts_by_name ON accounts (name_key, id);
CREATE INDEX accounts_by_email ON accounts (email, id);
CREATE INDEX accounts_by_created ON accounts (created, id);
CREATE INDEX accounts_by_last_seen ON accounts (last_seen, id);
CREATE INDEX accounts_by_state_name ON accounts (active, name_key, id);
CREATE INDEX accounts_by_state_email ON accounts (active, email, id);
CREATE INDEX accounts_by_state_created ON accounts (active, created, id);
CREATE INDEX accounts_by_state_last_seen ON accounts (active, last_seen, id);

-- How many there are: counting a million rows takes too long for every page.
CREATE TABLE account_counters (active INTEGER NOT NULL PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO account_counters (active, value) VALUES (0, 0), (1, 0);

-- What an account is found by.
CREATE TABLE account_words (
    word TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (word, account)
) WITHOUT ROWID;
CREATE INDEX account_words_by_account ON account_words (account, word);

CREATE TABLE privileges (name TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, builtin INTEGER NOT NULL);
INSERT INTO privileges (name, title, builtin) VALUES
    ('admin', 'Administrator', 1), ('developer', 'Developer', 1), ('advocate', 'Advocate', 1),
    ('trainer', 'Trainer', 1), ('user', 'User', 1);

CREATE TABLE account_privileges (
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    privilege TEXT NOT NULL REFERENCES privileges (name),
    PRIMARY KEY (account, privilege)
) WITHOUT ROWID;
CREATE INDEX account_privileges_by_privilege ON account_privileges (privilege, account);

-- What plugins declared; the host's own are in the program.
CREATE TABLE permissions (name TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, plugin TEXT NOT NULL);

CREATE TABLE privilege_permissions (
    privilege TEXT NOT NULL REFERENCES privileges (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (privilege, permission)
) WITHOUT ROWID;

-- Who is it ---------------------------------------------------------------------------------------------------------

CREATE TABLE sessions (
    hash BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    idle_expires BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    -- When the password was last given.
    authenticated BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account, created);
CREATE INDEX sessions_by_expires ON sessions (expires);

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- With one space between; empty: all that the account may.
    scopes TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    last_used BIGINT
);
CREATE INDEX tokens_by_account ON tokens (account, created);

CREATE TABLE one_time_links (
    hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT
);
CREATE INDEX one_time_links_by_purpose ON one_time_links (purpose, account);

CREATE TABLE attempts (
    subject TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX attempts_by_last ON attempts (last);

-- What was done -----------------------------------------------------------------------------------------------------

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    time BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    plugin TEXT NOT NULL,
    digest TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    request TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;

-- Plugins -----------------------------------------------------------------------------------------------------------

CREATE TABLE packages (
    digest TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    -- JSON.
    registration TEXT NOT NULL,
    size BIGINT NOT NULL,
    added BIGINT NOT NULL
);
CREATE INDEX packages_by_id ON packages (id, added);

-- Stays when the plugin is removed: an id belongs to where it first came from.
CREATE TABLE owners (id TEXT NOT NULL PRIMARY KEY, source TEXT NOT NULL, first_seen BIGINT NOT NULL);

CREATE TABLE plugins (
    id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL REFERENCES packages (digest),
    mount TEXT NOT NULL UNIQUE,
    enabled INTEGER NOT NULL,
    -- Why it was stopped.
    quarantined TEXT,
    updated BIGINT NOT NULL
);

CREATE TABLE grants (
    plugin TEXT NOT NULL,
    digest TEXT NOT NULL,
    capability TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted BIGINT NOT NULL,
    PRIMARY KEY (plugin, digest, capability)
) WITHOUT ROWID;

CREATE TABLE limits (
    plugin TEXT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (plugin, name)
) WITHOUT ROWID;

CREATE TABLE badges (
    plugin TEXT NOT NULL,
    route TEXT NOT NULL,
    label TEXT NOT NULL,
    level TEXT NOT NULL,
    PRIMARY KEY (plugin, route)
) WITHOUT ROWID;

CREATE TABLE kv (
    plugin TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    version BIGINT NOT NULL,
    expires BIGINT,
    PRIMARY KEY (plugin, key)
);
CREATE INDEX kv_by_expires ON kv (expires) WHERE expires IS NOT NULL;
-- Bytes of keys and values.
CREATE TABLE kv_used (plugin TEXT NOT NULL PRIMARY KEY, bytes BIGINT NOT NULL);

CREATE TABLE confirmations (
    hash BLOB NOT NULL PRIMARY KEY,
    session_hash BLOB NOT NULL REFERENCES sessions (hash) ON DELETE CASCADE,
    account TEXT NOT NULL,
    plugin TEXT NOT NULL,
    digest TEXT NOT NULL,
    function TEXT NOT NULL,
    arguments_hash BLOB NOT NULL,
    -- JSON.
    sentence TEXT NOT NULL,
    -- JSON: the request that is made again.
    request TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX confirmations_by_session ON confirmations (session_hash);
CREATE INDEX confirmations_by_expires ON confirmations (expires);
