-- Who heads a division. The same column as in PostgreSQL.

-- Login of one of the staff; NULL: nobody is named.
ALTER TABLE division ADD COLUMN head TEXT;

DROP TRIGGER division_swap_written;
CREATE TRIGGER division_swap_written INSTEAD OF INSERT ON division_swap BEGIN
    DELETE FROM division;
    INSERT INTO division (code, parent_code, name, kind, timezone, email, head, position, path)
    SELECT value ->> 'code', value ->> 'parentCode', value ->> 'name', value ->> 'kind', value ->> 'timezone',
        value ->> 'email', value ->> 'head', key, value ->> 'path'
    FROM json_each(NEW.divisions);
END;
