-- Versions of the operator's own of a built-in code get numbers after 1000. The same changes as in PostgreSQL.
--
-- They were numbered after the newest built-in version of the time, and the product has versions of such numbers now,
-- which are found first: orders would go on by another scenario. Codes of the operator's own keep their numbers. Running
-- this again changes nothing: no own version of a built-in code has such a number then.
--
-- An order is in a version that is or was published, never in a draft. Each that is moved gets the next version and an
-- event, as by a decision: the event has the change, so that the history replays to the order, and older events stay as
-- they were told, with the number of their time. An answer that is kept for an Idempotency-Key stays the first one. What
-- stages have taken is kept by code, without a version.

UPDATE orders SET version = orders.version + 1,
    updated_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000,
    document = json_set(orders.document,
        '$.version', orders.version + 1,
        '$.lastEvent', (orders.document ->> '$.lastEvent') + 1,
        '$.updatedAt', strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now'),
        '$.scenario.version', scenario.version + 1000)
FROM scenario
WHERE orders.document ->> '$.scenario.code' = scenario.code
  AND orders.document ->> '$.scenario.version' = scenario.version
  AND scenario.version <= 1000 AND scenario.state <> 'draft'
  AND scenario.code IN ('connect-individual', 'connect-legal', 'disconnect-individual', 'disconnect-legal',
                        'change-individual', 'change-legal', 'support-individual', 'support-legal');

-- The orders that were moved just now; the scenarios are not yet.
INSERT INTO order_event (order_id, sequence, document)
SELECT orders.id, orders.document ->> '$.lastEvent', json_object(
    'sequence', orders.document ->> '$.lastEvent',
    'at', orders.document ->> '$.updatedAt',
    'type', 'scenarioMigrated',
    'actor', 'system',
    'summary', 'Version ' || scenario.version || ' of scenario ' || scenario.code || ' has the number '
        || (scenario.version + 1000) || ' from now on; nothing else has changed.',
    'data', json_object(
        'from', json_object('scenario', json_object('code', scenario.code, 'version', scenario.version),
                            'stage', orders.stage),
        'to', json_object('scenario', json_object('code', scenario.code, 'version', scenario.version + 1000),
                          'stage', orders.stage),
        'losses', json_object('fields', json_array(), 'tasks', json_array(), 'documents', json_array(),
                              'newTasks', json_array(), 'missingDocuments', json_array())),
    'change', json_array(
        json_object('op', 'replace', 'path', '/version', 'value', orders.version),
        json_object('op', 'replace', 'path', '/lastEvent', 'value', orders.document ->> '$.lastEvent'),
        json_object('op', 'replace', 'path', '/updatedAt', 'value', orders.document ->> '$.updatedAt'),
        json_object('op', 'replace', 'path', '/scenario/version', 'value', scenario.version + 1000)))
FROM orders, scenario
WHERE orders.document ->> '$.scenario.code' = scenario.code
  AND orders.document ->> '$.scenario.version' = scenario.version + 1000
  AND scenario.version <= 1000 AND scenario.state <> 'draft'
  AND scenario.code IN ('connect-individual', 'connect-legal', 'disconnect-individual', 'disconnect-legal',
                        'change-individual', 'change-legal', 'support-individual', 'support-legal');

-- Drafts among them.
UPDATE scenario SET version = version + 1000, document = json_set(document, '$.version', version + 1000)
WHERE version <= 1000
  AND code IN ('connect-individual', 'connect-legal', 'disconnect-individual', 'disconnect-legal',
               'change-individual', 'change-legal', 'support-individual', 'support-legal');
