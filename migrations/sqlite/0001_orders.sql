-- The first schema: orders with their history and outbox, documents, the organisation and its coverage, tokens.
-- The same tables as in PostgreSQL. Ids are TEXT (UUIDv7), times BIGINT (Unix milliseconds, UTC), JSON is TEXT.

CREATE TABLE orders (
    row_number      INTEGER PRIMARY KEY,
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
CREATE VIRTUAL TABLE order_search USING fts5 (
    search_text, content = 'orders', content_rowid = 'row_number', tokenize = 'trigram', detail = 'full'
);
CREATE TRIGGER orders_search_added AFTER INSERT ON orders BEGIN
    INSERT INTO order_search (rowid, search_text) VALUES (NEW.row_number, NEW.search_text);
END;
CREATE TRIGGER orders_search_changed AFTER UPDATE OF search_text ON orders
WHEN OLD.search_text <> NEW.search_text BEGIN
    INSERT INTO order_search (order_search, rowid, search_text)
    VALUES ('delete', OLD.row_number, OLD.search_text);
    INSERT INTO order_search (rowid, search_text) VALUES (NEW.row_number, NEW.search_text);
END;

CREATE TABLE order_event (
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    sequence        BIGINT  NOT NULL,
    document        TEXT    NOT NULL,
    CONSTRAINT order_event_key PRIMARY KEY (order_id, sequence)
) WITHOUT ROWID;

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
) WITHOUT ROWID;
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);

CREATE TABLE document_content (
    sha256          TEXT    NOT NULL PRIMARY KEY,
    content         BLOB    NOT NULL
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

CREATE TRIGGER order_save_written INSTEAD OF INSERT ON order_save BEGIN
    SELECT RAISE(ABORT, 'order_stale') WHERE NEW.expected_version > 0
        AND NOT EXISTS (SELECT 1 FROM orders WHERE id = NEW.id AND version = NEW.expected_version);
    SELECT RAISE(ABORT, 'effect_lease_lost') FROM json_each(NEW.settlement) AS settled
        WHERE NOT EXISTS (
            SELECT 1 FROM effect
            WHERE id = settled.value ->> 'effect'
              AND (CASE WHEN settled.value ->> 'lease' IS NULL THEN state = 'fallout'
                        ELSE state = 'waiting' AND lease = settled.value ->> 'lease' END));

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
        covering_code = NEW.covering_code, assignee = NEW.assignee, updated_at = NEW.updated_at, due_at = NEW.due_at,
        next_check_at = NEW.next_check_at,
        duplicate_key = CASE WHEN NEW.state IN ('completed', 'cancelled', 'rejected', 'failed') THEN NULL
                             ELSE duplicate_key END,
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
END;

-- The organisation and the coverage are swapped as a whole, each by one statement.
CREATE VIEW division_swap AS SELECT '' AS divisions;
CREATE TRIGGER division_swap_written INSTEAD OF INSERT ON division_swap BEGIN
    DELETE FROM division;
    INSERT INTO division (code, parent_code, name, kind, timezone, email, position)
    SELECT value ->> 'code', value ->> 'parentCode', value ->> 'name', value ->> 'kind', value ->> 'timezone',
        value ->> 'email', key
    FROM json_each(NEW.divisions);
END;

CREATE VIEW coverage_swap AS SELECT '' AS rules;
CREATE TRIGGER coverage_swap_written INSTEAD OF INSERT ON coverage_swap BEGIN
    DELETE FROM coverage_rule;
    INSERT INTO coverage_rule (position, lookup_key, division_code, document)
    SELECT key, value ->> 'lookupKey', value ->> 'divisionCode', value -> 'rule' FROM json_each(NEW.rules);
END;
