-- What format 3 added: spans, files and tasks; by which rules a session was folded.
BEGIN TRANSACTION;
ALTER TABLE session ADD COLUMN fold INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN agent TEXT;
ALTER TABLE session ADD COLUMN project TEXT;
ALTER TABLE session ADD COLUMN status TEXT;
ALTER TABLE session ADD COLUMN needs TEXT;
CREATE INDEX session_by_fold ON session (fold);

CREATE TABLE span (
    session      INTEGER NOT NULL REFERENCES session,
    id           TEXT NOT NULL,
    kind         TEXT NOT NULL,
    parent       TEXT,
    turn         INTEGER NOT NULL,
    agent_id     TEXT,
    agent_type   TEXT,
    tool_name    TEXT,
    summary      TEXT NOT NULL,
    prompt       TEXT,
    begin_seq    INTEGER NOT NULL,
    begin_ns     INTEGER NOT NULL,
    asked_ns     INTEGER,
    end_seq      INTEGER,
    end_ns       INTEGER,
    outcome      TEXT NOT NULL,
    closed_by    TEXT,
    duration_ms  INTEGER,
    error        TEXT,
    background   INTEGER NOT NULL,
    automatic    INTEGER NOT NULL,
    source       TEXT NOT NULL,
    PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX span_by_begin ON span (session, begin_seq);

CREATE TABLE file (
    session   INTEGER NOT NULL REFERENCES session,
    path      TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    at_ns     INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    agent_id  TEXT,
    added     INTEGER,
    removed   INTEGER,
    PRIMARY KEY (session, path, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    session  INTEGER NOT NULL REFERENCES session,
    id       TEXT NOT NULL,
    place    INTEGER NOT NULL,
    subject  TEXT NOT NULL,
    state    TEXT NOT NULL,
    PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;

UPDATE session SET fold = 1, agent = 'claude-code', project = 'project', status = 'working', needs = NULL WHERE id = 1;
UPDATE session SET fold = 1, agent = 'codex', project = 'project', status = 'waiting_user', needs = 'idle' WHERE id = 2;
UPDATE session SET fold = 1, agent = 'gemini-cli', project = 'project', status = 'working', needs = NULL WHERE id = 3;
UPDATE session SET fold = 1, agent = 'claude-code', project = NULL, status = 'working', needs = NULL WHERE id = 4;
INSERT INTO span VALUES (1, 'turn:1', 'turn', NULL, 1, NULL, NULL, NULL, '[[scenario:echo n=5 dir=/home/dev/project]] c1', NULL, 4, 1795336178760950338, NULL, NULL, NULL, 'running', NULL, NULL, NULL, 0, 0, 'hook');
INSERT INTO span VALUES (1, 'tool:toolu_2ce9db8148744600a73abb23', 'tool', 'turn:1', 1, NULL, NULL, 'Bash', 'echo 0', NULL, 5, 1795336178788044840, NULL, NULL, NULL, 'running', NULL, NULL, NULL, 0, 0, 'hook');
INSERT INTO span VALUES (2, 'turn:1', 'turn', NULL, 1, NULL, NULL, NULL, '[[scenario:true n=1]] go', NULL, 7, 1795336178865848534, NULL, 10, 1795336178901715288, 'ok', 'hook.stop', NULL, NULL, 0, 0, 'hook');
INSERT INTO span VALUES (2, 'tool:call_393b7aebc5574df2b96df501', 'tool', 'turn:1', 1, NULL, NULL, 'Bash', 'true', NULL, 8, 1795336178890013856, NULL, 9, 1795336178891368847, 'ok', 'hook.post_tool_use', NULL, NULL, 0, 0, 'hook');
INSERT INTO file VALUES (1, '/home/dev/project/a.rs', 5, 1795336178788044840, 'edit', NULL, 3, 1);
INSERT INTO task VALUES (1, '1', 1, 'Write the tests', 'pending');
PRAGMA user_version = 3;
COMMIT;
