-- The first schema: orders with their history and outbox, documents, the organisation and its coverage, tokens.
-- The same tables as in SQLite. Ids are TEXT (UUIDv7), times BIGINT (Unix milliseconds, UTC), JSON is TEXT where the
-- product only reads it back.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE orders (
    row_number      BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT    NOT NULL,
    number          TEXT    NOT NULL,
    version         BIGINT  NOT NULL,
    kind            TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    stage           TEXT    NOT NULL,
    division_code   TEXT    NOT NULL,
    covering_code   TEXT    NOT NULL,
    assignee        TEXT,
    channel         TEXT    NOT NULL,
    external_id     TEXT,
    registered_at   BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    due_at          BIGINT,
    next_check_at   BIGINT,
    -- What makes two open orders the same request; empty once closed, and for orders that may be doubled.
    duplicate_key   TEXT,
    -- Where an imported order came from.
    import_key      TEXT,
    search_text     TEXT    NOT NULL,
    document        TEXT    NOT NULL,
    CONSTRAINT orders_id UNIQUE (id),
    CONSTRAINT orders_number UNIQUE (number)
);
CREATE UNIQUE INDEX orders_duplicate_key ON orders (duplicate_key) WHERE duplicate_key IS NOT NULL;
CREATE UNIQUE INDEX orders_import_key ON orders (import_key) WHERE import_key IS NOT NULL;
CREATE INDEX orders_registered ON orders (registered_at, id);
CREATE INDEX orders_updated ON orders (updated_at, id);
CREATE INDEX orders_due ON orders (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX orders_next_check ON orders (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX orders_division ON orders (division_code, registered_at, id);
CREATE INDEX orders_state ON orders (state, registered_at, id);
CREATE INDEX orders_stage ON orders (stage, registered_at, id);
CREATE INDEX orders_assignee ON orders (assignee, registered_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX orders_external ON orders (external_id) WHERE external_id IS NOT NULL;

-- Quick search by any part of a word.
CREATE INDEX orders_search ON orders USING gin (search_text gin_trgm_ops);

CREATE TABLE order_event (
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    sequence        BIGINT  NOT NULL,
    document        TEXT    NOT NULL,
    CONSTRAINT order_event_key PRIMARY KEY (order_id, sequence)
);

CREATE TABLE effect (
    id              TEXT    NOT NULL PRIMARY KEY,
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    kind            TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    payload         TEXT    NOT NULL,
    attempts        BIGINT  NOT NULL,
    -- When somebody may take it: at once, after a delay, or when the lease of its holder has ended.
    next_attempt_at BIGINT,
    lease           TEXT,
    last_error      TEXT,
    created_at      BIGINT  NOT NULL,
    settled_at      BIGINT
);
CREATE INDEX effect_due ON effect (kind, next_attempt_at) WHERE state = 'waiting';
CREATE INDEX effect_state ON effect (state, id);
CREATE INDEX effect_order ON effect (order_id, id);

CREATE TABLE idempotency_key (
    key             TEXT    NOT NULL,
    body_sha256     TEXT    NOT NULL,
    response        TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    CONSTRAINT idempotency_key_key PRIMARY KEY (key)
);
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);

CREATE TABLE document_content (
    sha256          TEXT    NOT NULL PRIMARY KEY,
    content         BYTEA   NOT NULL
);

CREATE TABLE document (
    id              TEXT    NOT NULL PRIMARY KEY,
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    sha256          TEXT    NOT NULL REFERENCES document_content (sha256),
    document        TEXT    NOT NULL
);
CREATE INDEX document_order ON document (order_id);

-- A missed deadline as the responsible division is told of it; the id is that of the effect, so telling twice is once.
CREATE TABLE escalation (
    id              TEXT    NOT NULL PRIMARY KEY,
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    division_code   TEXT    NOT NULL,
    email           TEXT,
    stage           TEXT    NOT NULL,
    due_at          BIGINT,
    told_at         BIGINT  NOT NULL
);
CREATE INDEX escalation_division ON escalation (division_code, told_at);

CREATE TABLE division (
    code            TEXT    NOT NULL PRIMARY KEY,
    parent_code     TEXT,
    name            TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    timezone        TEXT    NOT NULL,
    email           TEXT,
    position        BIGINT  NOT NULL
);
CREATE INDEX division_parent ON division (parent_code, kind, code);

CREATE TABLE coverage_rule (
    position        BIGINT  NOT NULL PRIMARY KEY,
    lookup_key      TEXT    NOT NULL,
    division_code   TEXT    NOT NULL,
    document        TEXT    NOT NULL
);
CREATE INDEX coverage_rule_lookup ON coverage_rule (lookup_key);
CREATE INDEX coverage_rule_division ON coverage_rule (division_code);

CREATE TABLE api_token (
    sha256          TEXT    NOT NULL PRIMARY KEY,
    name            TEXT    NOT NULL,
    rights          TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    revoked_at      BIGINT
);

-- One save is one statement: an insert into this view. Its trigger writes the order, its events and effects, and what
-- belongs to them, or nothing; a guest that dies in the middle leaves nothing half done and nobody's transaction open.
CREATE VIEW order_save AS
SELECT id, number, version AS expected_version, version, kind, state, stage, division_code, covering_code, assignee,
       channel, external_id, registered_at, updated_at, due_at, next_check_at, duplicate_key, import_key, search_text,
       document, document AS events, document AS effects, document AS settlement, document AS idempotency,
       document AS documents, document AS escalation
FROM orders;

CREATE FUNCTION order_save_write() RETURNS trigger LANGUAGE plpgsql AS $$
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
            updated_at = NEW.updated_at, due_at = NEW.due_at, next_check_at = NEW.next_check_at,
            duplicate_key = CASE WHEN NEW.state IN ('completed', 'cancelled', 'rejected', 'failed') THEN NULL
                                 ELSE duplicate_key END,
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
CREATE TRIGGER order_save_written INSTEAD OF INSERT ON order_save
    FOR EACH ROW EXECUTE FUNCTION order_save_write();

-- The organisation and the coverage are swapped as a whole, each by one statement.
CREATE VIEW division_swap AS SELECT ''::text AS divisions;
CREATE FUNCTION division_swap_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE division IN EXCLUSIVE MODE; -- two swaps at once: one after the other, never mixed
    DELETE FROM division;
    INSERT INTO division (code, parent_code, name, kind, timezone, email, position)
    SELECT value ->> 'code', value ->> 'parentCode', value ->> 'name', value ->> 'kind', value ->> 'timezone',
        value ->> 'email', position - 1
    FROM json_array_elements(NEW.divisions::json) WITH ORDINALITY AS entry (value, position);
    RETURN NEW;
END $$;
CREATE TRIGGER division_swap_written INSTEAD OF INSERT ON division_swap
    FOR EACH ROW EXECUTE FUNCTION division_swap_write();

CREATE VIEW coverage_swap AS SELECT ''::text AS rules;
CREATE FUNCTION coverage_swap_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE coverage_rule IN EXCLUSIVE MODE;
    DELETE FROM coverage_rule;
    INSERT INTO coverage_rule (position, lookup_key, division_code, document)
    SELECT position - 1, value ->> 'lookupKey', value ->> 'divisionCode', (value -> 'rule')::text
    FROM json_array_elements(NEW.rules::json) WITH ORDINALITY AS entry (value, position);
    RETURN NEW;
END $$;
CREATE TRIGGER coverage_swap_written INSTEAD OF INSERT ON coverage_swap
    FOR EACH ROW EXECUTE FUNCTION coverage_swap_write();
