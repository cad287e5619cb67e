-- Subscribers: one-time codes that people give out, and the sessions that begin with them.
-- The same tables as in PostgreSQL.

-- At most one for an order, until it is used, replaced or too old.
CREATE TABLE access_code (
    order_id        TEXT    NOT NULL PRIMARY KEY REFERENCES orders (id),
    -- A PHC string (argon2id).
    hash            TEXT    NOT NULL,
    -- Whom it was given to: the phone, and the name or tax number, of the party that the order had then.
    phone           TEXT    NOT NULL,
    identity        TEXT    NOT NULL,
    issued_at       BIGINT  NOT NULL,
    issued_by       TEXT    NOT NULL,
    expires_at      BIGINT  NOT NULL
);
CREATE INDEX access_code_expires ON access_code (expires_at);

CREATE TABLE subscriber_session (
    sha256          TEXT    NOT NULL PRIMARY KEY,
    -- The order whose code it began with.
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    phone           TEXT    NOT NULL,
    identity        TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL
);
CREATE INDEX subscriber_session_expires ON subscriber_session (expires_at);

-- Among the orders of a phone a subscriber's own are looked for.
CREATE INDEX orders_party_phone ON orders (json_extract(document, '$.party.phone'), registered_at, id);

-- One change is one statement: an insert into this view. Its parts are arrays; absent ones are empty.
CREATE VIEW subscriber_save AS SELECT '' AS changes;
CREATE TRIGGER subscriber_save_written INSTEAD OF INSERT ON subscriber_save BEGIN
    SELECT RAISE(ABORT, 'access_code_used') FROM json_each(NEW.changes, '$.codesUsed') AS used
        WHERE NOT EXISTS (SELECT 1 FROM access_code
                          WHERE order_id = used.value ->> 'order' AND hash = used.value ->> 'hash');
    DELETE FROM access_code
    WHERE order_id IN (SELECT value ->> 'order' FROM json_each(NEW.changes, '$.codesUsed'));
    DELETE FROM access_code
    WHERE order_id IN (SELECT value ->> 'order' FROM json_each(NEW.changes, '$.codes'));
    INSERT INTO access_code (order_id, hash, phone, identity, issued_at, issued_by, expires_at)
    SELECT value ->> 'order', value ->> 'hash', value ->> 'phone', value ->> 'identity', value ->> 'issuedAt',
        value ->> 'issuedBy', value ->> 'expiresAt'
    FROM json_each(NEW.changes, '$.codes');

    INSERT INTO subscriber_session (sha256, order_id, phone, identity, created_at, expires_at)
    SELECT value ->> 'sha256', value ->> 'order', value ->> 'phone', value ->> 'identity', value ->> 'createdAt',
        value ->> 'expiresAt'
    FROM json_each(NEW.changes, '$.sessions');
    DELETE FROM subscriber_session WHERE sha256 IN (SELECT value FROM json_each(NEW.changes, '$.sessionsEnded'));

    DELETE FROM access_code WHERE expires_at <= (SELECT value FROM json_each(NEW.changes, '$.forgotten'));
    DELETE FROM subscriber_session WHERE expires_at <= (SELECT value FROM json_each(NEW.changes, '$.forgotten'));
    DELETE FROM login_attempt WHERE login IN (SELECT value FROM json_each(NEW.changes, '$.attemptsForgottenOf'));

    INSERT INTO audit (id, at, actor, action, subject, detail)
    SELECT value ->> 'id', value ->> 'at', value ->> 'actor', value ->> 'action', value ->> 'subject', value -> 'detail'
    FROM json_each(NEW.changes, '$.audit');
END;
