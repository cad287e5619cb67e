//! The 1,113 real complaints are brought over from a file: none is lost, each is in its division, none comes twice.

use anyhow::{Context, Result};
use oms_tests::app::{oms, project};
use oms_tests::{AppOptions, DatabaseKind, TestApp, on_both_databases};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

const COMPLAINTS: usize = 1_113;
const FOLDER: &str = "examples/complaints";
/// What importing all of them may take.
const IMPORT_TIME_MAX: Duration = Duration::from_secs(60);
/// Nothing between 100 and 119 rows of the file is left as it is in the broken copy.
const BROKEN: std::ops::Range<usize> = 100..120;

#[test]
fn all_complaints_come_in_once_and_each_is_in_its_division() {
    on_both_databases(all_come_in);
}

async fn all_come_in(kind: DatabaseKind) -> Result<()> {
    let app = empty(kind).await?;
    let file = project().join(FOLDER).join("complaints-2015.csv");
    let begin = Instant::now();
    let first = import(&app, &file, None).await?;
    let took = begin.elapsed();
    assert_eq!(first.status.code(), Some(0), "{}", shown(&first));
    assert!(took < IMPORT_TIME_MAX, "{took:?}");
    println!("{kind:?}: {COMPLAINTS} complaints in {:.1} s", took.as_secs_f32());

    let orders = app.admin.items("/api/v1/orders?limit=200").await?;
    assert_eq!(orders.len(), COMPLAINTS);
    let expected = expected_divisions()?;
    let mut wrong = Vec::new();
    for order in &orders {
        let ticket = order["externalId"].as_str().context("the ticket is the external id")?;
        let division = order["division"]["code"].as_str().unwrap_or_default();
        if expected.get(ticket).map(String::as_str) != Some(division) {
            wrong.push(format!("{ticket}: {division}, expected {:?}", expected.get(ticket)));
        }
    }
    assert!(wrong.is_empty(), "{} of {COMPLAINTS}: {wrong:?}", wrong.len());
    let kinds: BTreeSet<&str> = orders.iter().filter_map(|order| order["kind"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["support"]));

    // Date, channel, address and stage of one that is known: the third row of the file.
    let found = app.admin.items("/api/v1/orders?externalId=318072").await?;
    let order = found.first().context("ticket 318072")?;
    assert_eq!(order["address"]["city"], "Alameda");
    assert_eq!(order["address"]["postcode"], "94502");
    // 11:46:30 PM on 6 January in Los Angeles, where it is eight hours earlier than in UTC.
    assert_eq!(order["registeredAt"], "2015-01-07T07:46:30.000Z");
    assert_eq!(order["channel"], "operator");
    assert_eq!(order["state"], "completed");
    assert_eq!(order["symptom"], "Comcast extended outages");
    // The leading zeros of the north-east are back.
    let massachusetts = orders.iter().filter(|order| order["address"]["region"] == "Massachusetts");
    for order in massachusetts {
        let postcode = order["address"]["postcode"].as_str().unwrap_or_default();
        assert!(postcode.len() == 5 && postcode.starts_with('0'), "{postcode}");
    }

    let again = import(&app, &file, None).await?;
    assert_eq!(again.status.code(), Some(0), "{}", shown(&again));
    assert_eq!(app.admin.items("/api/v1/orders?limit=200").await?.len(), COMPLAINTS);
    Ok(())
}

#[test]
fn broken_rows_are_reported_with_line_and_reason_and_the_rest_comes_in() {
    on_both_databases(broken_rows);
}

async fn broken_rows(kind: DatabaseKind) -> Result<()> {
    let app = empty(kind).await?;
    let content = std::fs::read_to_string(project().join(FOLDER).join("complaints-2015.csv"))?;
    let lines: Vec<String> = content
        .lines()
        .enumerate()
        .map(|(index, line)| match BROKEN.contains(&index) {
            false => line.to_owned(),
            true => broken(index, line),
        })
        .collect();
    let file = app.database.folder().join("broken.csv");
    std::fs::write(&file, lines.join("\n"))?;
    let report = app.database.folder().join("report.csv");
    let output = import(&app, &file, Some(&report)).await?;
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    let orders = app.admin.items("/api/v1/orders?limit=200").await?;
    assert_eq!(orders.len(), COMPLAINTS - BROKEN.len());
    let report = std::fs::read_to_string(report)?;
    let rows: Vec<&str> = report.lines().skip(1).collect();
    assert_eq!(rows.len(), BROKEN.len(), "{report}");
    for (row, index) in rows.iter().zip(BROKEN) {
        // Lines count from one, the header is the first.
        let (line, reason) = row.split_once(',').context("line and reason")?;
        assert_eq!(line, (index + 1).to_string(), "{row}");
        assert!(reason.len() > 10, "{row}");
    }
    Ok(())
}

/// One of the ways in which a row of this file can be broken.
fn broken(index: usize, line: &str) -> String {
    let ticket = format!("9{index:05}");
    match index % 5 {
        0 => format!(
            "{ticket},No date,99-99-99,nonsense,9:59:40 PM,Internet,Acworth,Georgia,30101,Solved,No"
        ),
        1 => format!(
            "{ticket},No such status,06-12-15,06-Dec-15,9:59:40 PM,Internet,Acworth,Georgia,30101,Lost,No"
        ),
        2 => format!(
            "{ticket},No such channel,06-12-15,06-Dec-15,9:59:40 PM,Pigeon,Acworth,Georgia,30101,Solved,No"
        ),
        3 => format!(
            ",No ticket,06-12-15,06-Dec-15,9:59:40 PM,Internet,Acworth,Georgia,30101,Solved,No"
        ),
        _ => format!("{line},one column too many"),
    }
}

/// A product with the organisation of the complaints and no orders.
async fn empty(kind: DatabaseKind) -> Result<TestApp> {
    let options = AppOptions { organisation: false, ..AppOptions::default() };
    let app = TestApp::start_with(kind, options).await?;
    for (what, file) in [("divisions", "divisions.csv"), ("coverage", "coverage.csv")] {
        let path = project().join(FOLDER).join(file);
        let output = run(&app, &["import", what, &path.to_string_lossy()]).await?;
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    }
    Ok(app)
}

async fn import(app: &TestApp, file: &Path, report: Option<&Path>) -> Result<Output> {
    let mapping = project().join(FOLDER).join("mapping.toml");
    let (file, mapping) = (file.to_string_lossy(), mapping.to_string_lossy());
    let report = report.map(|path| path.to_string_lossy());
    let mut arguments = vec!["import", "orders", &file, "--mapping", &mapping];
    if let Some(report) = &report {
        arguments.extend(["--report", report]);
    }
    run(app, &arguments).await
}

async fn run(app: &TestApp, arguments: &[&str]) -> Result<Output> {
    let mut command = tokio::process::Command::new(oms()?);
    command.args(arguments).env("OMS_SERVER", app.url()).env("OMS_TOKEN", app.admin.token());
    Ok(command.output().await?)
}

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{} {}", text(&output.stdout), text(&output.stderr))
}

fn expected_divisions() -> Result<BTreeMap<String, String>> {
    let content = std::fs::read_to_string(project().join(FOLDER).join("expected-routing.csv"))?;
    let rows = content.lines().skip(1).filter_map(|line| line.split_once(','));
    let divisions: BTreeMap<String, String> = rows
        .map(|(ticket, division): (&str, &str)| {
            (ticket.trim().to_owned(), division.trim().to_owned())
        })
        .collect();
    Ok(divisions)
}
