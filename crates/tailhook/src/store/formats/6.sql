-- What format 6 changed: events are no longer indexed by type.
BEGIN TRANSACTION;
DROP INDEX event_by_kind;
PRAGMA user_version = 6;
COMMIT;
