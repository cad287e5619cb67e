-- When divisions work: calendars, and which division has one of its own. Swapped as a whole, like the organisation.

CREATE TABLE calendar (
    code            TEXT    NOT NULL PRIMARY KEY,
    position        BIGINT  NOT NULL,
    document        TEXT    NOT NULL
);
CREATE INDEX calendar_position ON calendar (position);

-- Of divisions that are not here the nearest ancestor's holds. A division may go while its line stays; it is not shown.
CREATE TABLE division_calendar (
    division_code   TEXT    NOT NULL PRIMARY KEY,
    calendar_code   TEXT    NOT NULL REFERENCES calendar (code)
);

-- How often the calendars were swapped: what a swap that is based on an older set is recognised by.
CREATE TABLE calendar_version (
    id              BIGINT  NOT NULL PRIMARY KEY,
    version         BIGINT  NOT NULL
);
INSERT INTO calendar_version (id, version) VALUES (1, 0);

CREATE VIEW calendar_swap AS SELECT 0::bigint AS expected_version, ''::text AS calendars, ''::text AS divisions;
CREATE FUNCTION calendar_swap_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two swaps at once: the second waits here, and then finds another version.
    UPDATE calendar_version SET version = version + 1 WHERE id = 1 AND version = NEW.expected_version;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'calendars_stale';
    END IF;
    DELETE FROM division_calendar;
    DELETE FROM calendar;
    INSERT INTO calendar (code, position, document)
    SELECT value ->> 'code', position - 1, value::text
    FROM json_array_elements(NEW.calendars::json) WITH ORDINALITY AS entry (value, position);
    INSERT INTO division_calendar (division_code, calendar_code)
    SELECT key, value FROM json_each_text(NEW.divisions::json);
    RETURN NEW;
END $$;
CREATE TRIGGER calendar_swap_written INSTEAD OF INSERT ON calendar_swap
    FOR EACH ROW EXECUTE FUNCTION calendar_swap_write();

-- Notices are listed newest first, of all, of a division, or of an order.
CREATE INDEX escalation_told ON escalation (told_at, id);
CREATE INDEX escalation_order ON escalation (order_id, told_at, id);
DROP INDEX escalation_division;
CREATE INDEX escalation_division ON escalation (division_code, told_at, id);
