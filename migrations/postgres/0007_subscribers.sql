-- Subscribers: one-time codes that people give out, and the sessions that begin with them.
-- The same tables as in SQLite.

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
CREATE INDEX orders_party_phone ON orders ((document::json #>> '{party,phone}'), registered_at, id);

-- One change is one statement: an insert into this view. Its parts are arrays; absent ones are empty.
CREATE VIEW subscriber_save AS SELECT ''::text AS changes;
CREATE FUNCTION subscriber_save_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parts JSON := NEW.changes::json;
    used JSON;
BEGIN
    FOR used IN SELECT json_array_elements(parts -> 'codesUsed') LOOP
        DELETE FROM access_code WHERE order_id = used ->> 'order' AND hash = used ->> 'hash';
        IF NOT FOUND THEN
            RAISE EXCEPTION 'access_code_used';
        END IF;
    END LOOP;
    INSERT INTO access_code (order_id, hash, phone, identity, issued_at, issued_by, expires_at)
    SELECT value ->> 'order', value ->> 'hash', value ->> 'phone', value ->> 'identity',
        (value ->> 'issuedAt')::bigint, value ->> 'issuedBy', (value ->> 'expiresAt')::bigint
    FROM json_array_elements(parts -> 'codes') AS value
    ON CONFLICT (order_id) DO UPDATE SET hash = excluded.hash, phone = excluded.phone, identity = excluded.identity,
        issued_at = excluded.issued_at, issued_by = excluded.issued_by, expires_at = excluded.expires_at;

    INSERT INTO subscriber_session (sha256, order_id, phone, identity, created_at, expires_at)
    SELECT value ->> 'sha256', value ->> 'order', value ->> 'phone', value ->> 'identity',
        (value ->> 'createdAt')::bigint, (value ->> 'expiresAt')::bigint
    FROM json_array_elements(parts -> 'sessions') AS value;
    DELETE FROM subscriber_session WHERE sha256 IN (SELECT json_array_elements_text(parts -> 'sessionsEnded'));

    DELETE FROM access_code WHERE expires_at <= (parts -> 'forgotten' ->> 0)::bigint;
    DELETE FROM subscriber_session WHERE expires_at <= (parts -> 'forgotten' ->> 0)::bigint;
    DELETE FROM login_attempt WHERE login IN (SELECT json_array_elements_text(parts -> 'attemptsForgottenOf'));

    INSERT INTO audit (id, at, actor, action, subject, detail)
    SELECT value ->> 'id', (value ->> 'at')::bigint, value ->> 'actor', value ->> 'action', value ->> 'subject',
        (value -> 'detail')::text
    FROM json_array_elements(parts -> 'audit') AS value;
    RETURN NEW;
END $$;
CREATE TRIGGER subscriber_save_written INSTEAD OF INSERT ON subscriber_save
    FOR EACH ROW EXECUTE FUNCTION subscriber_save_write();
