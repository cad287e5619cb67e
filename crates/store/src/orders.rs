//! Orders: looked up, loaded, saved.

use crate::calendars::{calendars_json, read_calendars};
use crate::codec::read;
use crate::database::{Database, Dialect, Row};
use crate::scenarios::published_for;
use crate::scoped::task_paths;
use crate::stage_times::{medians_of, read_medians};
use crate::{Store, page, save};
use oms_app::ports::{
    Cursor, LoadedOrder, OrderFilter, OrderPage, OrderPageQuery, OrderReference, Orders,
    RegistrationContext, RegistrationQuery, Replay, Save, SaveError, StoreError,
};
use oms_app::scenario_ports::Scenarios;
use oms_domain::calendar::Calendars;
use oms_domain::division::{Neighbour, Neighbourhood};
use oms_domain::event::Event;
use oms_domain::limits::{DIVISION_DEPTH_MAX, ITEMS_MAX, SERVICE_RECORDS_MAX};
use oms_domain::order::Order;
use oms_domain::projection::Medians;
use oms_domain::routing::lookup_keys;
use oms_domain::scenario;
use oms_domain::time::Instant;
use std::collections::BTreeMap;
use std::sync::LazyLock;

impl<D: Database> Orders for Store<D> {
    async fn registration_context(
        &self,
        query: &RegistrationQuery,
    ) -> Result<RegistrationContext, StoreError> {
        // Most orders name no services: what is not asked costs nothing.
        static STATEMENTS: LazyLock<[[String; 2]; 2]> = LazyLock::new(|| {
            [false, true]
                .map(|names| DIALECTS.map(|dialect| registration_statement(dialect, names)))
        });
        let names_services = !query.makers.is_empty();
        let keys = serde_json::json!(lookup_keys(&query.place.place)).to_string();
        let mut parameters = vec![
            keys.into(),
            query.idempotency_key.clone().into(),
            query.duplicate_key.clone().into(),
            query.import_key.clone().into(),
            query.scenario_for.map(|(kind, _)| kind.code().to_owned()).into(),
            query.scenario_for.and_then(|(_, party)| party).map(|it| it.code().to_owned()).into(),
            built_in_code(query).map(str::to_owned).into(),
        ];
        if names_services {
            parameters.push(serde_json::json!(query.makers).to_string().into());
        }
        let statements = &STATEMENTS[usize::from(names_services)];
        let statement = for_dialect(statements, self.database.dialect());
        let mut rows = self.database.query(statement, parameters).await?;
        let row = rows.first_mut().ok_or_else(|| StoreError::Corrupt("no row".to_owned()))?;
        let mut context = read_registration_context(row)?;
        if names_services {
            context.services = read("services", &row.text(9)?)?;
        }
        if let Some(text) = row.optional_text(7)? {
            let (code, version): (String, u32) = read("scenario", &text)?;
            context.individual_scenario = self.published_scenario(&code, version).await?;
        }
        Ok(context)
    }

    async fn load(&self, reference: &OrderReference) -> Result<Option<LoadedOrder>, StoreError> {
        static STATEMENTS: LazyLock<[[String; 2]; 2]> = LazyLock::new(|| {
            ["id", "number"].map(|column| DIALECTS.map(|dialect| load_statement(dialect, column)))
        });
        let (statements, name) = match reference {
            OrderReference::Id(id) => (&STATEMENTS[0], id),
            OrderReference::Number(number) => (&STATEMENTS[1], number),
        };
        let statement = for_dialect(statements, self.database.dialect());
        let mut rows = self.database.query(statement, vec![name.as_str().into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let order: Order = read("order", &row.text(0)?)?;
        let neighbours: Vec<NeighbourRow> = read("neighbourhood", &row.text(1)?)?;
        let neighbourhood = neighbourhood_of(&order, neighbours);
        let calendars = Calendars::around(&neighbourhood, read_calendars(&row.text(2)?)?);
        let division_path = row.optional_text(3)?;
        let task_paths = read("task divisions", &row.text(4)?)?;
        let medians = read_medians(row.optional_text(5)?)?;
        // Built-in scenarios are part of the program; one of the operator's own is read the first time, and then kept.
        let (code, version) = (&order.scenario.code, order.scenario.version);
        let individual_scenario = match scenario::find(code, version) {
            Some(_) => None,
            None => self.published_scenario(code, version).await?,
        };
        Ok(Some(LoadedOrder {
            order,
            neighbourhood,
            division_path,
            task_paths,
            calendars,
            individual_scenario,
            medians,
        }))
    }

    async fn find(&self, reference: &OrderReference) -> Result<Option<Order>, StoreError> {
        let (statement, name) = match reference {
            OrderReference::Id(id) => ("SELECT document FROM orders WHERE id = $1", id),
            OrderReference::Number(number) => {
                ("SELECT document FROM orders WHERE number = $1", number)
            }
        };
        let mut rows = self.database.query(statement, vec![name.as_str().into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        read("order", &row.text(0)?).map(Some)
    }

    async fn save(&self, save: Save<'_>) -> Result<(), SaveError> {
        save::save(&self.database, save).await
    }

    async fn page(&self, query: &OrderPageQuery) -> Result<OrderPage, StoreError> {
        page::page(&self.database, query).await
    }

    async fn count(&self, filter: &OrderFilter, limit: u32) -> Result<i64, StoreError> {
        page::count(&self.database, filter, limit).await
    }

    async fn history(
        &self,
        order_id: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let statement = "SELECT document FROM order_event WHERE order_id = $1 AND sequence > $2 \
                         ORDER BY sequence LIMIT $3";
        let parameters = vec![order_id.into(), after.into(), i64::from(limit).into()];
        let rows = self.database.query(statement, parameters).await?;
        rows.into_iter().map(|mut row| read("event", &row.text(0)?)).collect()
    }

    async fn due(
        &self,
        now: Instant,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Cursor>, StoreError> {
        let statement = "SELECT next_check_at, id FROM orders \
                         WHERE next_check_at IS NOT NULL AND next_check_at <= $1 AND (next_check_at, id) > ($2, $3) \
                         ORDER BY next_check_at, id LIMIT $4";
        let (value, id) = after.map_or((i64::MIN, ""), |after| (after.value, after.id.as_str()));
        let parameters = vec![now.0.into(), value.into(), id.into(), i64::from(limit).into()];
        let rows = self.database.query(statement, parameters).await?;
        rows.into_iter()
            .map(|mut row| Ok(Cursor { value: row.integer(0)?, id: row.text(1)? }))
            .collect()
    }
}

const DIALECTS: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

fn for_dialect(statements: &[String; 2], dialect: Dialect) -> &str {
    match dialect {
        Dialect::Sqlite => &statements[0],
        Dialect::Postgres => &statements[1],
    }
}

/// From some divisions up to the root, and at each ancestor its first child of each kind: all that the search for the
/// nearest division of a kind can find. `starts` selects the codes of the divisions to start from, `searched` those of
/// them from which something is looked for; of the others the ancestors are enough.
fn neighbourhood_tables(starts: &str, searched: &str) -> String {
    format!(
        "up (start, code, parent_code, distance) AS (\
           SELECT code, code, parent_code, 0 FROM division WHERE {starts} \
           UNION ALL SELECT up.start, parent.code, parent.parent_code, up.distance + 1 \
           FROM up JOIN division parent ON parent.code = up.parent_code WHERE up.distance < {DIVISION_DEPTH_MAX}), \
         child (start, code, distance) AS (\
           SELECT up.start, MIN(child.code), up.distance \
           FROM up JOIN division child ON child.parent_code = up.code WHERE {searched} \
           GROUP BY up.start, up.distance, child.kind), \
         around (start, code, distance, is_ancestor) AS (\
           SELECT start, code, distance, 1 FROM up UNION ALL SELECT start, code, distance, 0 FROM child)"
    )
}

fn neighbourhood_json(dialect: Dialect) -> String {
    let tuple = dialect.tuple_of(
        "around.start, around.code, d.name, d.kind, d.head, around.distance, around.is_ancestor",
    );
    let array = dialect.array_of(&tuple);
    format!("(SELECT {array} FROM around JOIN division d ON d.code = around.code)")
}

fn registration_statement(dialect: Dialect, names_services: bool) -> String {
    let is_candidate = dialect.is_among("lookup_key", "$1");
    let tables = neighbourhood_tables(
        "code IN (SELECT division_code FROM candidate) OR parent_code IS NULL",
        "1 = 1",
    );
    let rules = dialect.array_of(&dialect.json("document"));
    let calendars = calendars_json(dialect);
    let around = neighbourhood_json(dialect);
    let reference = dialect.tuple_of("id, number");
    let replay = dialect.tuple_of("body_sha256, response");
    let text = |json: String| match dialect {
        Dialect::Sqlite => json,
        Dialect::Postgres => format!("{json}::text"),
    };
    let (reference, replay) = (text(reference), text(replay));
    let scenario = published_for(&text(dialect.tuple_of("code, version")), "$5", "$6");
    let individual = published_for("code", "$5", "$6");
    let medians =
        dialect.array_of(&dialect.tuple_of(&format!("scenario_code, {}", dialect.json("medians"))));
    let services = match names_services {
        true => format!(", {}", services_json(dialect)),
        false => String::new(),
    };
    format!(
        "WITH RECURSIVE candidate AS (SELECT division_code, document FROM coverage_rule WHERE {is_candidate}), \
         {tables} \
         SELECT (SELECT {replay} FROM idempotency_key WHERE key = $2), \
                (SELECT {reference} FROM orders WHERE duplicate_key = $3), \
                (SELECT {reference} FROM orders WHERE import_key = $4), \
                (SELECT {rules} FROM candidate), {around}, \
                (SELECT MIN(code) FROM division WHERE parent_code IS NULL), {calendars}, \
                {scenario}, \
                (SELECT {medians} FROM stage_median WHERE scenario_code = $7 OR scenario_code = {individual}){services}"
    )
}

/// What an order tells of services.
const SERVICE_PARTS: [&str; 4] = ["number", "party", "services", "billingObjects"];

/// What the orders tell that made the named services, and the orders that changed or ended services since: a service has no
/// row of its own, and those who have the phone of its party are the ones who change it.
fn services_json(dialect: Dialect) -> String {
    let is_maker = dialect.is_among("number", "$8");
    let (phone, record) = (dialect.party_phone(), dialect.parts_of_document(&SERVICE_PARTS));
    let is_theirs = dialect.is_one_of(phone, "SELECT phone FROM maker");
    let records = dialect.array_of(&dialect.json("record"));
    format!(
        "(WITH maker (phone, record) AS (SELECT {phone}, {record} FROM orders WHERE {is_maker} LIMIT {ITEMS_MAX}) \
          SELECT {records} FROM (SELECT record FROM maker UNION ALL SELECT record FROM \
           (SELECT {record} AS record FROM orders WHERE {is_theirs} AND kind IN ('change', 'disconnect') \
            ORDER BY registered_at DESC, id DESC LIMIT {SERVICE_RECORDS_MAX}) AS later) AS known)"
    )
}

/// Code of the scenario that an order takes unless the operator has one of their own.
fn built_in_code(query: &RegistrationQuery) -> Option<&'static str> {
    let (kind, party_type) = query.scenario_for?;
    scenario::code_for_order(kind, party_type)
}

fn load_statement(dialect: Dialect, column: &str) -> String {
    let services = service_divisions(dialect);
    let starts = dialect
        .is_one_of("code", "SELECT code FROM operating UNION SELECT division_code FROM found");
    let tables =
        neighbourhood_tables(&starts, &dialect.is_one_of("up.start", "SELECT code FROM operating"));
    let around = neighbourhood_json(dialect);
    let calendars = calendars_json(dialect);
    let tasks = task_paths(dialect, "found.id");
    let medians = medians_of(dialect, "found.document");
    format!(
        "WITH RECURSIVE found AS (SELECT id, document, covering_code, division_code FROM orders WHERE {column} = $1), \
         operating (code) AS (SELECT covering_code FROM found UNION {services}), \
         {tables} SELECT found.document, {around}, {calendars}, \
                (SELECT path FROM division WHERE code = found.division_code), {tasks}, {medians} FROM found"
    )
}

/// Codes of the divisions that operate the order's address for its services, where they differ. Few orders have any: the
/// document of another is not read.
fn service_divisions(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "SELECT service.value ->> '$.division.code' FROM found, json_each(\
               CASE WHEN instr(document, '\"byService\":') > 0 THEN document END, '$.routing.byService') AS service"
        }
        Dialect::Postgres => {
            "SELECT service.value #>> '{division,code}' FROM found, json_array_elements(\
               CASE WHEN strpos(document, '\"byService\":') > 0 \
               THEN document::json #> '{routing,byService}' END) AS service (value)"
        }
    }
}

/// Start, code, name, kind, head, distance, whether it is an ancestor.
type NeighbourRow = (String, String, String, String, Option<String>, i64, i64);

fn neighbourhoods(rows: Vec<NeighbourRow>) -> BTreeMap<String, Neighbourhood> {
    let mut around: BTreeMap<String, Neighbourhood> = BTreeMap::new();
    for (start, code, name, kind, head, distance, is_ancestor) in rows {
        let neighbour =
            Neighbour { code, name, kind, head, distance, is_ancestor: is_ancestor == 1 };
        around.entry(start).or_default().neighbours.push(neighbour);
    }
    around
}

/// Around the division that operates the order's address, with what else the order is about.
fn neighbourhood_of(order: &Order, rows: Vec<NeighbourRow>) -> Neighbourhood {
    let mut around = neighbourhoods(rows);
    let covering = order.routing.covering.as_ref().unwrap_or(&order.division);
    let middle = around.remove(&covering.code).unwrap_or_default();
    Neighbourhood { others: around.into_values().collect(), ..middle }
}

fn read_registration_context(row: &mut Row) -> Result<RegistrationContext, StoreError> {
    let pair = |text: Option<String>| -> Result<Option<(String, String)>, StoreError> {
        text.map(|text| read("reference", &text)).transpose()
    };
    let replay = pair(row.optional_text(0)?)?;
    let neighbours: Vec<NeighbourRow> = read("neighbourhoods", &row.text(4)?)?;
    Ok(RegistrationContext {
        replay: replay.map(|(body_sha256, response)| Replay { body_sha256, response }),
        duplicate: pair(row.optional_text(1)?)?,
        imported: pair(row.optional_text(2)?)?,
        candidates: read("coverage rules", &row.text(3)?)?,
        neighbourhoods: neighbourhoods(neighbours).into_values().collect(),
        root: row.optional_text(5)?,
        calendars: read_calendars(&row.text(6)?)?,
        individual_scenario: None,
        medians: read::<Vec<(String, Medians)>>("medians", &row.text(8)?)?.into_iter().collect(),
        services: Vec::new(),
    })
}
