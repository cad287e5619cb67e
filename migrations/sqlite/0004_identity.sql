-- Staff, roles, grants, sessions, the audit; divisions know their path.
-- The same tables as in PostgreSQL.

-- The codes from the root, each ended by a slash: what is below a division has a path that begins with its own.
ALTER TABLE division ADD COLUMN path TEXT NOT NULL DEFAULT '';
WITH RECURSIVE down (code, path, depth) AS (
    SELECT code, '/' || replace(replace(code, '%', '%25'), '/', '%2F') || '/', 1 FROM division WHERE parent_code IS NULL
    UNION ALL
    SELECT child.code, down.path || replace(replace(child.code, '%', '%25'), '/', '%2F') || '/', down.depth + 1
    FROM down JOIN division child ON child.parent_code = down.code WHERE down.depth < 32
)
UPDATE division SET path = down.path FROM down WHERE division.code = down.code;
CREATE INDEX division_path ON division (path);

DROP TRIGGER division_swap_written;
CREATE TRIGGER division_swap_written INSTEAD OF INSERT ON division_swap BEGIN
    DELETE FROM division;
    INSERT INTO division (code, parent_code, name, kind, timezone, email, position, path)
    SELECT value ->> 'code', value ->> 'parentCode', value ->> 'name', value ->> 'kind', value ->> 'timezone',
        value ->> 'email', key, value ->> 'path'
    FROM json_each(NEW.divisions);
END;

CREATE TABLE staff (
    login           TEXT    NOT NULL PRIMARY KEY,
    version         BIGINT  NOT NULL,
    name            TEXT    NOT NULL,
    position        TEXT,
    email           TEXT,
    phone           TEXT,
    -- A PHC string (argon2id); empty: this person cannot log in.
    password_hash   TEXT,
    totp_secret     TEXT,
    -- The time step of the last one-time code that was used.
    totp_step       BIGINT,
    active          SMALLINT NOT NULL,
    substitute_login TEXT,
    substitute_from BIGINT,
    substitute_until BIGINT,
    created_at      BIGINT  NOT NULL
);
CREATE INDEX staff_substitute ON staff (substitute_login) WHERE substitute_login IS NOT NULL;

CREATE TABLE staff_absence (
    login           TEXT    NOT NULL REFERENCES staff (login),
    position        BIGINT  NOT NULL,
    from_at         BIGINT  NOT NULL,
    until_at        BIGINT  NOT NULL,
    reason          TEXT,
    CONSTRAINT staff_absence_key PRIMARY KEY (login, position)
) WITHOUT ROWID;

-- Roles of the operator; the built-in ones are part of the program.
CREATE TABLE role (
    code            TEXT    NOT NULL PRIMARY KEY,
    name_en         TEXT    NOT NULL,
    name_ru         TEXT    NOT NULL,
    rights          TEXT    NOT NULL
);

-- A grant without a division is for the whole organisation, without kinds for every kind of order.
CREATE TABLE role_grant (
    id              TEXT    NOT NULL PRIMARY KEY,
    login           TEXT    NOT NULL REFERENCES staff (login),
    role_code       TEXT    NOT NULL,
    division_code   TEXT,
    kinds           TEXT,
    until_at        BIGINT,
    created_at      BIGINT  NOT NULL,
    created_by      TEXT    NOT NULL
);
CREATE INDEX role_grant_login ON role_grant (login, id);
CREATE INDEX role_grant_role ON role_grant (role_code);
CREATE INDEX role_grant_division ON role_grant (division_code) WHERE division_code IS NOT NULL;

ALTER TABLE api_token ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE api_token ADD COLUMN division_code TEXT;
ALTER TABLE api_token ADD COLUMN kinds TEXT;
ALTER TABLE api_token ADD COLUMN until_at BIGINT;
ALTER TABLE api_token ADD COLUMN created_by TEXT;
UPDATE api_token SET id = substr(sha256, 1, 32);
CREATE UNIQUE INDEX api_token_id ON api_token (id);

-- A session is of one of the staff, or of a token that was logged in with.
CREATE TABLE session (
    sha256          TEXT    NOT NULL PRIMARY KEY,
    login           TEXT,
    token_sha256    TEXT,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL
);
CREATE INDEX session_login ON session (login) WHERE login IS NOT NULL;
CREATE INDEX session_expires ON session (expires_at);

-- Of unknown logins too: whether one exists shows nowhere.
CREATE TABLE login_attempt (
    login           TEXT    NOT NULL PRIMARY KEY,
    failures        BIGINT  NOT NULL,
    last_at         BIGINT  NOT NULL
);
CREATE INDEX login_attempt_last ON login_attempt (last_at);

-- Every change of the administration: who, when, what. Never changed, never removed.
CREATE TABLE audit (
    id              TEXT    NOT NULL PRIMARY KEY,
    at              BIGINT  NOT NULL,
    actor           TEXT    NOT NULL,
    action          TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    detail          TEXT    NOT NULL
);

-- Who read the personal data of which order, and when.
CREATE TABLE personal_data_read (
    id              TEXT    NOT NULL PRIMARY KEY,
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    actor           TEXT    NOT NULL,
    what            TEXT    NOT NULL,
    at              BIGINT  NOT NULL
);
CREATE INDEX personal_data_read_order ON personal_data_read (order_id, id);

-- Who may do everything for good: there must always be one, once there was one.
CREATE VIEW lasting_administrator AS
SELECT staff.login FROM staff JOIN role_grant ON role_grant.login = staff.login
WHERE staff.active = 1 AND role_grant.division_code IS NULL AND role_grant.kinds IS NULL AND role_grant.until_at IS NULL
  AND (role_grant.role_code = 'administrator'
       OR role_grant.role_code IN (SELECT code FROM role WHERE rights LIKE '%"admin"%'));

-- One change of the administration is one statement: an insert into this view. Its parts are arrays; absent ones are empty.
CREATE VIEW identity_save AS SELECT '' AS changes, 0 AS administrator_needed;
CREATE TRIGGER identity_save_written INSTEAD OF INSERT ON identity_save BEGIN
    SELECT RAISE(ABORT, 'identity_stale') FROM json_each(NEW.changes, '$.staffChanged') AS changed
        WHERE NOT EXISTS (SELECT 1 FROM staff WHERE login = changed.value ->> 'login'
                          AND version = (changed.value ->> 'version') - 1);
    SELECT RAISE(ABORT, 'totp_used') FROM json_each(NEW.changes, '$.totpSteps') AS used
        WHERE EXISTS (SELECT 1 FROM staff WHERE login = used.value ->> 'login' AND totp_step >= used.value ->> 'step');

    INSERT INTO staff (login, version, name, position, email, phone, password_hash, active, created_at)
    SELECT value ->> 'login', 1, value ->> 'name', value ->> 'position', value ->> 'email', value ->> 'phone',
        value ->> 'passwordHash', 1, value ->> 'createdAt'
    FROM json_each(NEW.changes, '$.staffAdded');
    UPDATE staff SET version = changed.value ->> 'version', name = changed.value ->> 'name',
        position = changed.value ->> 'position', email = changed.value ->> 'email', phone = changed.value ->> 'phone',
        active = changed.value ->> 'active', substitute_login = changed.value ->> 'substituteLogin',
        substitute_from = changed.value ->> 'substituteFrom', substitute_until = changed.value ->> 'substituteUntil'
    FROM json_each(NEW.changes, '$.staffChanged') AS changed WHERE staff.login = changed.value ->> 'login';
    DELETE FROM staff_absence
    WHERE login IN (SELECT value ->> 'login' FROM json_each(NEW.changes, '$.staffChanged'));
    INSERT INTO staff_absence (login, position, from_at, until_at, reason)
    SELECT changed.value ->> 'login', absence.key, absence.value ->> 'from', absence.value ->> 'until',
        absence.value ->> 'reason'
    FROM json_each(NEW.changes, '$.staffChanged') AS changed, json_each(changed.value, '$.absences') AS absence;
    UPDATE staff SET password_hash = changed.value ->> 'hash'
    FROM json_each(NEW.changes, '$.passwords') AS changed WHERE staff.login = changed.value ->> 'login';
    UPDATE staff SET totp_secret = changed.value ->> 'secret', totp_step = NULL
    FROM json_each(NEW.changes, '$.totpSecrets') AS changed WHERE staff.login = changed.value ->> 'login';
    UPDATE staff SET totp_step = used.value ->> 'step'
    FROM json_each(NEW.changes, '$.totpSteps') AS used WHERE staff.login = used.value ->> 'login';

    INSERT INTO role (code, name_en, name_ru, rights)
    SELECT value ->> 'code', value ->> 'nameEn', value ->> 'nameRu', value ->> 'rights'
    FROM json_each(NEW.changes, '$.roles');
    INSERT INTO role_grant (id, login, role_code, division_code, kinds, until_at, created_at, created_by)
    SELECT value ->> 'id', value ->> 'login', value ->> 'role', value ->> 'division', value ->> 'kinds',
        value ->> 'until', value ->> 'createdAt', value ->> 'createdBy'
    FROM json_each(NEW.changes, '$.grants');
    DELETE FROM role_grant WHERE id IN (SELECT value FROM json_each(NEW.changes, '$.grantsEnded'));

    INSERT INTO api_token (sha256, id, name, rights, division_code, kinds, until_at, created_at, created_by)
    SELECT value ->> 'sha256', substr(value ->> 'sha256', 1, 32), value ->> 'name', value ->> 'rights',
        value ->> 'division', value ->> 'kinds', value ->> 'until', value ->> 'createdAt', value ->> 'createdBy'
    FROM json_each(NEW.changes, '$.tokens');
    UPDATE api_token SET revoked_at = revoked.value ->> 'at'
    FROM json_each(NEW.changes, '$.tokensRevoked') AS revoked
    WHERE api_token.id = revoked.value ->> 'id' AND revoked_at IS NULL;

    INSERT INTO session (sha256, login, token_sha256, created_at, expires_at)
    SELECT value ->> 'sha256', value ->> 'login', value ->> 'token', value ->> 'createdAt', value ->> 'expiresAt'
    FROM json_each(NEW.changes, '$.sessions');
    DELETE FROM session WHERE sha256 IN (SELECT value FROM json_each(NEW.changes, '$.sessionsEnded'));
    DELETE FROM session WHERE login IN (SELECT value FROM json_each(NEW.changes, '$.sessionsEndedOf'));
    DELETE FROM session WHERE expires_at <= (SELECT value FROM json_each(NEW.changes, '$.sessionsForgotten'));
    DELETE FROM login_attempt WHERE login IN (SELECT value FROM json_each(NEW.changes, '$.attemptsForgottenOf'));
    DELETE FROM login_attempt WHERE last_at <= (SELECT value FROM json_each(NEW.changes, '$.attemptsForgotten'));

    INSERT INTO audit (id, at, actor, action, subject, detail)
    SELECT value ->> 'id', value ->> 'at', value ->> 'actor', value ->> 'action', value ->> 'subject', value -> 'detail'
    FROM json_each(NEW.changes, '$.audit');
    SELECT RAISE(ABORT, 'last_administrator') WHERE NEW.administrator_needed = 1
        AND NOT EXISTS (SELECT 1 FROM lasting_administrator);
END;
