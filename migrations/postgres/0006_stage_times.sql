-- What stages have taken, and the medians of it. The same tables as in SQLite.

-- An order has left a stage: in how many minutes of working time. Old ones are removed: the history has them too.
CREATE TABLE stage_time (
    scenario_code   TEXT    NOT NULL,
    stage           TEXT    NOT NULL,
    left_at         BIGINT  NOT NULL,
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    -- Number of the event that tells of it.
    sequence        BIGINT  NOT NULL,
    working_minutes BIGINT  NOT NULL,
    CONSTRAINT stage_time_key PRIMARY KEY (scenario_code, stage, left_at, order_id, sequence)
);
CREATE INDEX stage_time_left ON stage_time (left_at);

-- The save of an order writes it along with the event that tells it, whichever statement that is.
CREATE FUNCTION order_event_stage_time_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    data JSONB := NEW.document::jsonb -> 'data';
BEGIN
    IF data ->> 'workingMinutes' IS NOT NULL THEN
        INSERT INTO stage_time (scenario_code, stage, left_at, order_id, sequence, working_minutes)
        SELECT data ->> 'scenario', data ->> 'from', updated_at, NEW.order_id, NEW.sequence,
            (data ->> 'workingMinutes')::bigint
        FROM orders WHERE id = NEW.order_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER order_event_stage_time AFTER INSERT ON order_event
    FOR EACH ROW WHEN (strpos(NEW.document, '"workingMinutes":') > 0)
    EXECUTE FUNCTION order_event_stage_time_write();

-- The medians of a scenario by stage, as JSON: read with an order, measured by the tick.
CREATE TABLE stage_median (
    scenario_code   TEXT    NOT NULL PRIMARY KEY,
    medians         TEXT    NOT NULL,
    measured_at     BIGINT  NOT NULL
);

-- One row: when the medians were measured last.
CREATE TABLE stage_measurement (
    measured_at     BIGINT  NOT NULL
);
INSERT INTO stage_measurement (measured_at) VALUES (0);
