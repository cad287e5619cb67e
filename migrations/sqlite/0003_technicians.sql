-- Technicians and their visits. The same tables as in PostgreSQL.

-- One row: the version of the list of technicians, counted by every swap.
CREATE TABLE technician_list (
    version         BIGINT  NOT NULL PRIMARY KEY
);
INSERT INTO technician_list (version) VALUES (0);

CREATE TABLE technician (
    code            TEXT    NOT NULL PRIMARY KEY,
    division_code   TEXT    NOT NULL,
    position        BIGINT  NOT NULL,
    document        TEXT    NOT NULL
);
CREATE INDEX technician_division ON technician (division_code, code);

-- A visit of a technician for an order. Released ones are removed: the order's history tells of them.
CREATE TABLE booking (
    id              TEXT    NOT NULL PRIMARY KEY,
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    technician      TEXT    NOT NULL,
    from_at         BIGINT  NOT NULL,
    to_at           BIGINT  NOT NULL,
    -- booked, or done when the order went on with the work done
    state           TEXT    NOT NULL,
    -- 1: booked by somebody with the right to do so over what the technician has to do
    overridden      SMALLINT NOT NULL
);
CREATE INDEX booking_technician ON booking (technician, from_at);
CREATE INDEX booking_from ON booking (from_at, technician);
CREATE INDEX booking_order ON booking (order_id);

-- The list is swapped as a whole. A technician who was booked meanwhile stays, so that no visit is left to nobody.
CREATE VIEW technician_swap AS SELECT version AS expected_version, '' AS technicians, version AS swapped_at
FROM technician_list;
CREATE TRIGGER technician_swap_written INSTEAD OF INSERT ON technician_swap BEGIN
    SELECT RAISE(ABORT, 'technicians_stale') WHERE NEW.expected_version IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM technician_list WHERE version = NEW.expected_version);
    UPDATE technician_list SET version = version + 1;
    DELETE FROM technician
    WHERE code NOT IN (SELECT value ->> 'code' FROM json_each(NEW.technicians))
      AND NOT EXISTS (
          SELECT 1 FROM booking
          WHERE booking.technician = technician.code AND from_at > NEW.swapped_at AND state = 'booked');
    INSERT INTO technician (code, division_code, position, document)
    SELECT value ->> 'code', value ->> 'homeDivision', key, value FROM json_each(NEW.technicians)
    WHERE true ON CONFLICT (code) DO UPDATE SET
        division_code = excluded.division_code, position = excluded.position, document = excluded.document;
END;

-- A save of an order books and releases visits too (what is marked as visits), and an amendment changes the external id
-- and what makes the order the same request as another. All else is as in the first schema.
DROP VIEW order_save;
CREATE VIEW order_save AS
SELECT id, number, version AS expected_version, version, kind, state, stage, division_code, covering_code, assignee,
       channel, external_id, registered_at, updated_at, due_at, next_check_at, duplicate_key, import_key, search_text,
       document, document AS events, document AS effects, document AS settlement, document AS idempotency,
       document AS documents, document AS escalation, document AS bookings
FROM orders;

CREATE TRIGGER order_save_written INSTEAD OF INSERT ON order_save BEGIN
    SELECT RAISE(ABORT, 'order_stale') WHERE NEW.expected_version > 0
        AND NOT EXISTS (SELECT 1 FROM orders WHERE id = NEW.id AND version = NEW.expected_version);
    SELECT RAISE(ABORT, 'effect_lease_lost') FROM json_each(NEW.settlement) AS settled
        WHERE NOT EXISTS (
            SELECT 1 FROM effect
            WHERE id = settled.value ->> 'effect'
              AND (CASE WHEN settled.value ->> 'lease' IS NULL THEN state = 'fallout'
                        ELSE state = 'waiting' AND lease = settled.value ->> 'lease' END));

    -- visits: one writer at a time, so what is free here stays free until this has ended. No visit is longer than half a day.
    SELECT RAISE(ABORT, 'slot_taken') FROM json_each(NEW.bookings) AS wanted
        WHERE wanted.value ->> 'do' = 'book' AND (
            NOT EXISTS (SELECT 1 FROM technician WHERE code = wanted.value ->> 'technician')
            OR (wanted.value ->> 'overridden' = 0 AND EXISTS (
                SELECT 1 FROM booking
                WHERE technician = wanted.value ->> 'technician' AND order_id <> NEW.id
                  AND from_at < (wanted.value ->> 'to') + (wanted.value ->> 'travel')
                  AND from_at > (wanted.value ->> 'from') - (wanted.value ->> 'travel') - 43200001
                  AND to_at > (wanted.value ->> 'from') - (wanted.value ->> 'travel'))));
    -- visits end

    -- What may be refused comes before the order and its search text: after a statement that failed with changes to the
    -- FTS5 index, its connection would stay in an old snapshot, and the next save on it would find the database locked.
    INSERT INTO idempotency_key (key, body_sha256, response, created_at)
    SELECT value ->> 'key', value ->> 'bodySha256', value ->> 'response', NEW.updated_at
    FROM json_each(NEW.idempotency);
    INSERT INTO orders (id, number, version, kind, state, stage, division_code, covering_code, assignee, channel,
        external_id, registered_at, updated_at, due_at, next_check_at, duplicate_key, import_key, search_text, document)
    SELECT NEW.id, NEW.number, NEW.version, NEW.kind, NEW.state, NEW.stage, NEW.division_code, NEW.covering_code,
        NEW.assignee, NEW.channel, NEW.external_id, NEW.registered_at, NEW.updated_at, NEW.due_at, NEW.next_check_at,
        NEW.duplicate_key, NEW.import_key, NEW.search_text, NEW.document
    WHERE NEW.expected_version = 0;
    UPDATE orders SET version = NEW.version, state = NEW.state, stage = NEW.stage, division_code = NEW.division_code,
        covering_code = NEW.covering_code, assignee = NEW.assignee,
        external_id = NEW.external_id, updated_at = NEW.updated_at, due_at = NEW.due_at,
        next_check_at = NEW.next_check_at,
        duplicate_key = CASE WHEN NEW.state IN ('completed', 'cancelled', 'rejected', 'failed') THEN NULL
                             WHEN duplicate_key IS NULL THEN NULL
                             ELSE coalesce(NEW.duplicate_key, duplicate_key) END,
        search_text = NEW.search_text, document = NEW.document
    WHERE NEW.expected_version > 0 AND id = NEW.id AND version = NEW.expected_version;

    INSERT INTO order_event (order_id, sequence, document)
    SELECT NEW.id, value ->> 'sequence', value FROM json_each(NEW.events);
    INSERT INTO effect (id, order_id, kind, state, payload, attempts, next_attempt_at, created_at)
    SELECT value ->> 'id', NEW.id, value ->> 'kind', 'waiting', coalesce(value -> 'payload', 'null'), 0,
        NEW.updated_at, NEW.updated_at
    FROM json_each(NEW.effects);
    UPDATE effect SET state = settled.value ->> 'state',
        last_error = coalesce(settled.value ->> 'error', last_error),
        attempts = CASE WHEN settled.value ->> 'state' = 'waiting' THEN 0 ELSE attempts END,
        next_attempt_at = CASE WHEN settled.value ->> 'state' = 'waiting' THEN settled.value ->> 'at' END,
        settled_at = CASE WHEN settled.value ->> 'state' <> 'waiting' THEN settled.value ->> 'at' END,
        lease = NULL
    FROM json_each(NEW.settlement) AS settled WHERE effect.id = settled.value ->> 'effect';
    INSERT INTO document (id, order_id, sha256, document)
    SELECT value ->> 'id', NEW.id, value ->> 'sha256', value FROM json_each(NEW.documents)
    WHERE true ON CONFLICT (id) DO NOTHING;
    INSERT INTO escalation (id, order_id, division_code, email, stage, due_at, told_at)
    SELECT value ->> 'id', NEW.id, value ->> 'division', value ->> 'email', value ->> 'stage', value ->> 'dueAt',
        value ->> 'toldAt'
    FROM json_each(NEW.escalation) WHERE true ON CONFLICT (id) DO NOTHING;

    -- visits
    DELETE FROM booking WHERE id IN (
        SELECT value ->> 'id' FROM json_each(NEW.bookings) WHERE value ->> 'do' = 'release');
    UPDATE booking SET state = 'done' WHERE id IN (
        SELECT value ->> 'id' FROM json_each(NEW.bookings) WHERE value ->> 'do' = 'done');
    INSERT INTO booking (id, order_id, technician, from_at, to_at, state, overridden)
    SELECT value ->> 'id', NEW.id, value ->> 'technician', value ->> 'from', value ->> 'to', 'booked',
        value ->> 'overridden'
    FROM json_each(NEW.bookings) WHERE value ->> 'do' = 'book';
    -- visits end
END;
