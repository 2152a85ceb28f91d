-- What format 5 added: a number that tells this store from every other.
BEGIN TRANSACTION;
CREATE TABLE identity (id INTEGER NOT NULL) STRICT;
INSERT INTO identity VALUES (4711);
PRAGMA user_version = 5;
COMMIT;
