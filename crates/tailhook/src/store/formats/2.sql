-- What format 2 added: transcripts.
BEGIN TRANSACTION;
CREATE TABLE transcript (
    path            TEXT PRIMARY KEY,
    session         INTEGER NOT NULL REFERENCES session,
    agent_id        TEXT NOT NULL,
    main_path       TEXT NOT NULL,
    device          INTEGER NOT NULL,
    inode           INTEGER NOT NULL,
    offset          INTEGER NOT NULL,
    calls_since_ns  INTEGER,
    skipping        INTEGER NOT NULL,
    changed_ns      INTEGER NOT NULL,
    carry           TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX transcript_by_change ON transcript (changed_ns);
CREATE INDEX transcript_by_session ON transcript (session);

CREATE TABLE message (
    n          INTEGER PRIMARY KEY,
    session    INTEGER NOT NULL REFERENCES session,
    key        TEXT NOT NULL,
    agent_id   TEXT NOT NULL,
    at_ns      INTEGER NOT NULL,
    role       TEXT NOT NULL,
    text       TEXT NOT NULL,
    truncated  INTEGER NOT NULL,
    model      TEXT,
    answer     TEXT,
    prompt_id  TEXT,
    tools      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_by_key ON message (session, key);
CREATE INDEX message_by_session ON message (session, n);

CREATE TABLE answer (
    id              TEXT PRIMARY KEY,
    session         INTEGER NOT NULL REFERENCES session,
    agent_id        TEXT NOT NULL,
    prompt_id       TEXT,
    model           TEXT NOT NULL,
    at_ns           INTEGER NOT NULL,
    input           INTEGER NOT NULL,
    output          INTEGER NOT NULL,
    cache_read      INTEGER NOT NULL,
    cache_write     INTEGER NOT NULL,
    cache_write_1h  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_session ON answer (session);

CREATE TABLE hook_run (
    session      INTEGER NOT NULL REFERENCES session,
    key          TEXT NOT NULL,
    at_ns        INTEGER NOT NULL,
    event        TEXT NOT NULL,
    command      TEXT NOT NULL,
    duration_ms  INTEGER NOT NULL,
    failed       INTEGER NOT NULL,
    PRIMARY KEY (session, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_run_by_time ON hook_run (at_ns);

INSERT INTO transcript VALUES ('/home/dev/.claude/projects/-home-dev-project/2738248e-2e85-4440-8bf6-4ecf9c3d1154.jsonl', 1, '', '/home/dev/.claude/projects/-home-dev-project/2738248e-2e85-4440-8bf6-4ecf9c3d1154.jsonl', 2049, 131, 4096, NULL, 0, 1795336178800000000, '{}');
INSERT INTO message VALUES (1, 1, 'm1', '', 1795336178800000000, 'user', '[[scenario:echo n=5 dir=/home/dev/project]] c1', 0, NULL, NULL, '53d88519-abfb-4b8e-8f55-66ea182197de', '[]');
INSERT INTO message VALUES (2, 1, 'm2', '', 1795336178800001000, 'assistant', 'I run it.', 0, 'claude-sonnet-4-5', 'a1', '53d88519-abfb-4b8e-8f55-66ea182197de', '[]');
INSERT INTO answer VALUES ('a1', 1, '', '53d88519-abfb-4b8e-8f55-66ea182197de', 'claude-sonnet-4-5', 1795336178800001000, 1200, 34, 500, 60, 0);
INSERT INTO hook_run VALUES (1, 'h1', 1795336178800002000, 'Stop', 'mine', 12, 0);
PRAGMA user_version = 2;
COMMIT;
