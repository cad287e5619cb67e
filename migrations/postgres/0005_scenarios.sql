-- Scenarios of the operator's own. Each version is a row; a published one never changes again.

CREATE TABLE scenario (
    code            TEXT    NOT NULL,
    version         BIGINT  NOT NULL,
    state           TEXT    NOT NULL,
    -- Counts every change of the version; what If-Match names.
    revision        BIGINT  NOT NULL,
    -- In every language, as JSON.
    name            TEXT    NOT NULL,
    order_kind      TEXT    NOT NULL,
    -- Empty: for every type of party.
    party_type      TEXT,
    document        TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    created_by      TEXT    NOT NULL,
    changed_at      BIGINT  NOT NULL,
    changed_by      TEXT    NOT NULL,
    published_at    BIGINT,
    published_by    TEXT,
    retired_at      BIGINT,
    retired_by      TEXT,
    CONSTRAINT scenario_key PRIMARY KEY (code, version)
);
-- A code has one draft at a time.
CREATE UNIQUE INDEX scenario_draft ON scenario (code) WHERE state = 'draft';
-- What a new order takes.
CREATE INDEX scenario_for_order ON scenario (order_kind, published_at) WHERE state = 'published';
