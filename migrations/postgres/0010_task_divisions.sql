-- Other divisions than its own that have a task of an order: their people see it. The same table as in SQLite.

-- Of the stage in which the order is, as long as it is there; what waits for other tasks is not there yet.
CREATE TABLE order_task_division (
    division_code   TEXT    NOT NULL,
    order_id        TEXT    NOT NULL REFERENCES orders (id),
    CONSTRAINT order_task_division_key PRIMARY KEY (division_code, order_id)
);
CREATE INDEX order_task_division_order ON order_task_division (order_id);

INSERT INTO order_task_division (division_code, order_id)
SELECT DISTINCT task.value #>> '{division,code}', orders.id
FROM orders, json_array_elements(
    CASE WHEN strpos(orders.document, '"tasks":') > 0 THEN orders.document::json -> 'tasks' END) AS task (value)
WHERE task.value ->> 'stage' = orders.stage AND task.value ->> 'state' IN ('open', 'done')
  AND task.value #>> '{division,code}' <> orders.division_code;

-- The save of an order writes them along, whichever statement that is.
CREATE FUNCTION orders_task_division_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM order_task_division WHERE order_id = NEW.id;
    INSERT INTO order_task_division (division_code, order_id)
    SELECT DISTINCT task.value #>> '{division,code}', NEW.id
    FROM json_array_elements(NEW.document::json -> 'tasks') AS task (value)
    WHERE task.value ->> 'stage' = NEW.stage AND task.value ->> 'state' IN ('open', 'done')
      AND task.value #>> '{division,code}' <> NEW.division_code;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_task_division_added AFTER INSERT ON orders
    FOR EACH ROW WHEN (strpos(NEW.document, '"tasks":') > 0)
    EXECUTE FUNCTION orders_task_division_write();
CREATE TRIGGER orders_task_division_changed AFTER UPDATE OF document ON orders
    FOR EACH ROW WHEN (strpos(NEW.document, '"tasks":') > 0 OR strpos(OLD.document, '"tasks":') > 0)
    EXECUTE FUNCTION orders_task_division_write();
