-- Languages that readers can choose, beside English, in which the program itself is written.
CREATE TABLE languages (
    -- BCP 47, in its canonical form.
    tag TEXT NOT NULL PRIMARY KEY,
    -- Readers get it where they ask for it; otherwise it is being prepared.
    offered INTEGER NOT NULL,
    added BIGINT NOT NULL
);

-- The phrases that there are: those of the host (no plugin), and those that plugins have registered or shown.
CREATE TABLE phrases (
    plugin TEXT NOT NULL,
    phrase TEXT NOT NULL,
    -- Where it was first seen.
    place TEXT NOT NULL,
    -- When it was last noted: once a day by each process that shows it, and at its start.
    seen BIGINT NOT NULL,
    PRIMARY KEY (plugin, phrase)
) WITHOUT ROWID;
CREATE INDEX phrases_by_place ON phrases (plugin, place, phrase);

CREATE TABLE translations (
    language TEXT NOT NULL REFERENCES languages (tag) ON DELETE CASCADE,
    plugin TEXT NOT NULL,
    phrase TEXT NOT NULL,
    -- A JSON object: words by the name of their plural form; `other` is always there.
    forms TEXT NOT NULL,
    -- `shipped` (came with the program), `machine` (nobody has looked at it yet) or `done`.
    state TEXT NOT NULL,
    changed BIGINT NOT NULL,
    -- Id of an account; empty for the program itself.
    changed_by TEXT NOT NULL,
    PRIMARY KEY (language, plugin, phrase)
) WITHOUT ROWID;

-- Raised with every change to what is said in any language.
CREATE TABLE wording (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), value BIGINT NOT NULL);
INSERT INTO wording (id, value) VALUES (1, 1);

-- What a person chose; empty for what their browser asks for.
ALTER TABLE accounts ADD COLUMN language TEXT NOT NULL DEFAULT '';
