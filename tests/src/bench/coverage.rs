//! Looking up who operates an address, among as many rules as a national operator has.

use super::load::Measured;
use crate::app::TestApp;
use anyhow::{Context, Result, ensure};
use oms_app::ports::{Orders, RegistrationQuery};
use oms_domain::address::Address;
use oms_domain::routing::Query;
use oms_domain::routing::normalise::Place;
use oms_store::Store;
use oms_store::native::NativeDatabase;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Rules that the coverage is replaced with.
pub const RULES: usize = 100_000;
/// Streets of each of the cities; each has a rule for odd and one for even houses in ranges of fifty.
const CITIES: usize = 20;
const RANGES: usize = 10;
const STREETS: usize = RULES / CITIES / RANGES;
/// Lookups that the statement alone is timed with.
const LOOKUPS: usize = 2_000;

/// Stores the rules through the product.
pub async fn load_rules(app: &TestApp) -> Result<()> {
    let mut csv = String::from(
        "division_code,service,country,region,city,street,house_from,house_to,parity,postcode_prefix,phone_prefix\n",
    );
    let divisions = ["tashkent-centre", "tashkent-north", "samarkand-tech", "samarkand"];
    let mut rules = 0;
    for city in 0..CITIES {
        for street in 0..STREETS {
            for range in 0..RANGES {
                let parity = if range % 2 == 0 { "odd" } else { "even" };
                let from = range / 2 * 50 + 1;
                let division = divisions[(city + street + range) % divisions.len()];
                writeln!(
                    csv,
                    "{division},*,UZ,,City {city},Street {street},{from},{},{parity},,",
                    from + 49
                )?;
                rules += 1;
            }
        }
    }
    ensure!(rules == RULES, "{rules} rules");
    app.admin.put_csv("/api/v1/coverage", csv.into_bytes()).await?.expect(200)
}

/// The path of a lookup that one rule matches; another for each number.
pub fn lookup(number: usize) -> String {
    let (city, street, house) = place(number);
    format!(
        "/api/v1/coverage/lookup?country=UZ&city=City%20{city}&street=Street%20{street}&house={house}"
    )
}

fn place(number: usize) -> (usize, usize, usize) {
    (number % CITIES, (number * 7) % STREETS, 1 + (number * 13) % 250)
}

/// Times the statement alone, one after the other on one connection: what the database needs for a lookup.
pub async fn statement(database_url: &str) -> Result<Measured> {
    let store = Store::new(NativeDatabase::open(database_url, 1).await?);
    let mut latencies: Vec<Duration> = Vec::with_capacity(LOOKUPS);
    let begin = Instant::now();
    for number in 0..LOOKUPS {
        let (city, street, house) = place(number);
        let address = Address {
            country: "UZ".to_owned(),
            city: Some(format!("City {city}")),
            street: Some(format!("Street {street}")),
            house: Some(house.to_string()),
            ..Address::default()
        };
        let place = Query { place: Place::of(&address), services: Default::default() };
        let query = RegistrationQuery {
            idempotency_key: None,
            duplicate_key: None,
            import_key: None,
            place,
            scenario_for: None,
            makers: Vec::new(),
        };
        let asked = Instant::now();
        let found = store.registration_context(&query).await.context("the lookup failed")?;
        latencies.push(asked.elapsed());
        ensure!(!found.candidates.is_empty(), "no rule matches {address:?}");
    }
    Ok(Measured::of(latencies, begin.elapsed()))
}
