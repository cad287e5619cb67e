-- Who heads a division. The same column as in SQLite.
-- And the list of what is not in the index of quick search yet, through which every search has to go, is kept short: it may
-- be 64 KiB long, where the server's own choice is 4 MiB, and the planner would rather read all orders than that.
ALTER INDEX orders_search SET (gin_pending_list_limit = 64);

-- Login of one of the staff; NULL: nobody is named.
ALTER TABLE division ADD COLUMN head TEXT;

CREATE OR REPLACE FUNCTION division_swap_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE division IN EXCLUSIVE MODE; -- two swaps at once: one after the other, never mixed
    DELETE FROM division;
    INSERT INTO division (code, parent_code, name, kind, timezone, email, head, position, path)
    SELECT value ->> 'code', value ->> 'parentCode', value ->> 'name', value ->> 'kind', value ->> 'timezone',
        value ->> 'email', value ->> 'head', position - 1, value ->> 'path'
    FROM json_array_elements(NEW.divisions::json) WITH ORDINALITY AS entry (value, position);
    RETURN NEW;
END $$;
