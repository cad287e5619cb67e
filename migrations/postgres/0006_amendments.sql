-- What an amendment changes besides the order itself: its external id, and what makes it the same request as another.

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
