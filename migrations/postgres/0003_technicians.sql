-- Technicians and their visits. The same tables as in SQLite.

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
CREATE VIEW technician_swap AS SELECT version AS expected_version, ''::text AS technicians, version AS swapped_at
FROM technician_list;
CREATE FUNCTION technician_swap_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE technician_list SET version = version + 1
    WHERE NEW.expected_version IS NULL OR version = NEW.expected_version;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'technicians_stale';
    END IF;
    -- Whoever books just now holds the technician's row: that booking is seen after it.
    PERFORM 1 FROM technician ORDER BY code FOR UPDATE;
    DELETE FROM technician
    WHERE code NOT IN (SELECT value ->> 'code' FROM json_array_elements(NEW.technicians::json) AS value)
      AND NOT EXISTS (
          SELECT 1 FROM booking
          WHERE booking.technician = technician.code AND from_at > NEW.swapped_at AND state = 'booked');
    INSERT INTO technician (code, division_code, position, document)
    SELECT value ->> 'code', value ->> 'homeDivision', position - 1, value::text
    FROM json_array_elements(NEW.technicians::json) WITH ORDINALITY AS entry (value, position)
    ON CONFLICT (code) DO UPDATE SET
        division_code = excluded.division_code, position = excluded.position, document = excluded.document;
    RETURN NEW;
END $$;
CREATE TRIGGER technician_swap_written INSTEAD OF INSERT ON technician_swap
    FOR EACH ROW EXECUTE FUNCTION technician_swap_write();

-- A save of an order books and releases visits too, in a trigger of its own that comes after the first by its name.
CREATE OR REPLACE VIEW order_save AS
SELECT id, number, version AS expected_version, version, kind, state, stage, division_code, covering_code, assignee,
       channel, external_id, registered_at, updated_at, due_at, next_check_at, duplicate_key, import_key, search_text,
       document, document AS events, document AS effects, document AS settlement, document AS idempotency,
       document AS documents, document AS escalation, document AS bookings
FROM orders;

CREATE FUNCTION order_save_visits_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted JSONB;
    begins BIGINT;
    ends BIGINT;
    travel BIGINT;
BEGIN
    IF NEW.bookings = '[]' THEN
        RETURN NEW;
    END IF;
    FOR wanted IN SELECT jsonb_array_elements(NEW.bookings::jsonb) LOOP
        IF wanted ->> 'do' = 'release' THEN
            DELETE FROM booking WHERE id = wanted ->> 'id';
        ELSIF wanted ->> 'do' = 'done' THEN
            UPDATE booking SET state = 'done' WHERE id = wanted ->> 'id';
        ELSE
            -- Bookings of one technician come one after the other: each sees those before it.
            PERFORM 1 FROM technician WHERE code = wanted ->> 'technician' FOR UPDATE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'slot_taken';
            END IF;
            begins := (wanted ->> 'from')::bigint;
            ends := (wanted ->> 'to')::bigint;
            travel := (wanted ->> 'travel')::bigint;
            -- No visit is longer than half a day.
            IF (wanted ->> 'overridden')::int = 0 AND EXISTS (
                SELECT 1 FROM booking
                WHERE technician = wanted ->> 'technician' AND order_id <> NEW.id AND from_at < ends + travel
                  AND from_at > begins - travel - 43200001 AND to_at > begins - travel)
            THEN
                RAISE EXCEPTION 'slot_taken';
            END IF;
            INSERT INTO booking (id, order_id, technician, from_at, to_at, state, overridden)
            VALUES (wanted ->> 'id', NEW.id, wanted ->> 'technician', begins, ends, 'booked',
                (wanted ->> 'overridden')::smallint);
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER order_save_written_visits INSTEAD OF INSERT ON order_save
    FOR EACH ROW EXECUTE FUNCTION order_save_visits_write();

-- An amendment changes the external id, and what makes the order the same request as another. All else is as in the
-- first schema.
CREATE OR REPLACE FUNCTION order_save_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    settled JSONB;
BEGIN
    INSERT INTO idempotency_key (key, body_sha256, response, created_at)
    SELECT value ->> 'key', value ->> 'bodySha256', value ->> 'response', NEW.updated_at
    FROM json_array_elements(NEW.idempotency::json) AS value;
    IF NEW.expected_version = 0 THEN
        INSERT INTO orders (id, number, version, kind, state, stage, division_code, covering_code, assignee, channel,
            external_id, registered_at, updated_at, due_at, next_check_at, duplicate_key, import_key, search_text,
            document)
        VALUES (NEW.id, NEW.number, NEW.version, NEW.kind, NEW.state, NEW.stage, NEW.division_code, NEW.covering_code,
            NEW.assignee, NEW.channel, NEW.external_id, NEW.registered_at, NEW.updated_at, NEW.due_at,
            NEW.next_check_at, NEW.duplicate_key, NEW.import_key, NEW.search_text, NEW.document);
    ELSE
        UPDATE orders SET version = NEW.version, state = NEW.state, stage = NEW.stage,
            division_code = NEW.division_code, covering_code = NEW.covering_code, assignee = NEW.assignee,
            external_id = NEW.external_id,
            updated_at = NEW.updated_at, due_at = NEW.due_at, next_check_at = NEW.next_check_at,
            duplicate_key = CASE WHEN NEW.state IN ('completed', 'cancelled', 'rejected', 'failed') THEN NULL
                                 WHEN duplicate_key IS NULL THEN NULL
                                 ELSE coalesce(NEW.duplicate_key, duplicate_key) END,
            search_text = NEW.search_text, document = NEW.document
        WHERE id = NEW.id AND version = NEW.expected_version;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'order_stale';
        END IF;
    END IF;
    FOR settled IN SELECT jsonb_array_elements(NEW.settlement::jsonb) LOOP
        UPDATE effect SET state = settled ->> 'state',
            last_error = coalesce(settled ->> 'error', last_error),
            attempts = CASE WHEN settled ->> 'state' = 'waiting' THEN 0 ELSE attempts END,
            next_attempt_at = CASE WHEN settled ->> 'state' = 'waiting' THEN (settled ->> 'at')::bigint END,
            settled_at = CASE WHEN settled ->> 'state' <> 'waiting' THEN (settled ->> 'at')::bigint END,
            lease = NULL
        WHERE id = settled ->> 'effect'
          AND (CASE WHEN settled ->> 'lease' IS NULL THEN state = 'fallout'
                    ELSE state = 'waiting' AND lease = settled ->> 'lease' END);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'effect_lease_lost';
        END IF;
    END LOOP;
    INSERT INTO order_event (order_id, sequence, document)
    SELECT NEW.id, (value ->> 'sequence')::bigint, value::text FROM json_array_elements(NEW.events::json) AS value;
    INSERT INTO effect (id, order_id, kind, state, payload, attempts, next_attempt_at, created_at)
    SELECT value ->> 'id', NEW.id, value ->> 'kind', 'waiting', coalesce((value -> 'payload')::text, 'null'), 0,
        NEW.updated_at, NEW.updated_at
    FROM json_array_elements(NEW.effects::json) AS value;
    INSERT INTO document (id, order_id, sha256, document)
    SELECT value ->> 'id', NEW.id, value ->> 'sha256', value::text FROM json_array_elements(NEW.documents::json) AS value
    ON CONFLICT (id) DO NOTHING;
    INSERT INTO escalation (id, order_id, division_code, email, stage, due_at, told_at)
    SELECT value ->> 'id', NEW.id, value ->> 'division', value ->> 'email', value ->> 'stage',
        (value ->> 'dueAt')::bigint, (value ->> 'toldAt')::bigint
    FROM json_array_elements(NEW.escalation::json) AS value ON CONFLICT (id) DO NOTHING;
    RETURN NEW;
END $$;
