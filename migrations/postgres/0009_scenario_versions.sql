-- Versions of the operator's own of a built-in code get numbers after 1000. The same changes as in SQLite.
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
    updated_at = floor(extract(epoch FROM now()))::bigint * 1000,
    document = (orders.document::jsonb || jsonb_build_object(
        'version', orders.version + 1,
        'lastEvent', (orders.document::json ->> 'lastEvent')::bigint + 1,
        'updatedAt', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'),
        'scenario', json_build_object('code', scenario.code, 'version', scenario.version + 1000)))::text
FROM scenario
WHERE orders.document::json #>> '{scenario,code}' = scenario.code
  AND (orders.document::json #>> '{scenario,version}')::bigint = scenario.version
  AND scenario.version <= 1000 AND scenario.state <> 'draft'
  AND scenario.code IN ('connect-individual', 'connect-legal', 'disconnect-individual', 'disconnect-legal',
                        'change-individual', 'change-legal', 'support-individual', 'support-legal');

-- The orders that were moved just now; the scenarios are not yet.
INSERT INTO order_event (order_id, sequence, document)
SELECT orders.id, (orders.document::json ->> 'lastEvent')::bigint, json_build_object(
    'sequence', orders.document::json -> 'lastEvent',
    'at', orders.document::json -> 'updatedAt',
    'type', 'scenarioMigrated',
    'actor', 'system',
    'summary', 'Version ' || scenario.version || ' of scenario ' || scenario.code || ' has the number '
        || (scenario.version + 1000) || ' from now on; nothing else has changed.',
    'data', json_build_object(
        'from', json_build_object('scenario', json_build_object('code', scenario.code, 'version', scenario.version),
                                  'stage', orders.stage),
        'to', json_build_object('scenario', orders.document::json -> 'scenario', 'stage', orders.stage),
        'losses', json_build_object('fields', json_build_array(), 'tasks', json_build_array(),
                                    'documents', json_build_array(), 'newTasks', json_build_array(),
                                    'missingDocuments', json_build_array())),
    'change', json_build_array(
        json_build_object('op', 'replace', 'path', '/version', 'value', orders.version),
        json_build_object('op', 'replace', 'path', '/lastEvent', 'value', orders.document::json -> 'lastEvent'),
        json_build_object('op', 'replace', 'path', '/updatedAt', 'value', orders.document::json -> 'updatedAt'),
        json_build_object('op', 'replace', 'path', '/scenario/version', 'value', scenario.version + 1000)))::text
FROM orders, scenario
WHERE orders.document::json #>> '{scenario,code}' = scenario.code
  AND (orders.document::json #>> '{scenario,version}')::bigint = scenario.version + 1000
  AND scenario.version <= 1000 AND scenario.state <> 'draft'
  AND scenario.code IN ('connect-individual', 'connect-legal', 'disconnect-individual', 'disconnect-legal',
                        'change-individual', 'change-legal', 'support-individual', 'support-legal');

-- Drafts among them.
UPDATE scenario SET version = version + 1000,
    document = (document::jsonb || jsonb_build_object('version', version + 1000))::text
WHERE version <= 1000
  AND code IN ('connect-individual', 'connect-legal', 'disconnect-individual', 'disconnect-legal',
               'change-individual', 'change-legal', 'support-individual', 'support-legal');
