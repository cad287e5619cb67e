//! A coverage over the API: tried out, stored, and looked up for several services.

use anyhow::{Context, Result, ensure};
use oms_tests::{DatabaseKind, TestApp, on_both_databases, orders};
use serde_json::{Value, json};

#[test]
fn a_coverage_is_tried_out_before_it_is_stored() {
    on_both_databases(tried_out);
}

async fn tried_out(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let before = app.admin.get("/api/v1/coverage").await?.body;
    let registered = app.admin.post("/api/v1/orders", &orders::connect(1)).await?;
    registered.expect(201)?;
    let number = registered.body["number"].clone();

    let elsewhere = json!([{ "divisionCode": "samarkand-tech", "city": "Bukhara" }]);
    let checked = app.admin.post("/api/v1/coverage/check?days=7", &elsewhere).await?;
    checked.expect(200)?;
    ensure!(checked.body["errors"]["total"] == 0, "{}", checked.body);
    ensure!(checked.body["gaps"]["total"] == 1, "{}", checked.body);
    ensure!(checked.body["gaps"]["items"][0]["example"] == number, "{}", checked.body);

    let other = json!([{ "divisionCode": "samarkand-tech", "country": "UZ" }]);
    let preview = app.admin.post("/api/v1/coverage/preview", &other).await?;
    preview.expect(200)?;
    ensure!(preview.body["total"] == 1, "{}", preview.body);
    let moved = &preview.body["items"][0];
    ensure!(moved["number"] == number, "{moved}");
    ensure!(moved["to"]["code"] == "samarkand-sales", "{moved}");
    ensure!(moved["reason"].as_str().is_some_and(|reason| reason.contains("Samarkand")), "{moved}");
    ensure!(app.admin.get("/api/v1/coverage").await?.body == before, "something was stored");
    Ok(())
}

#[test]
fn an_exact_house_of_a_file_wins_and_services_are_told_apart() {
    on_both_databases(looked_up);
}

async fn looked_up(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let file = "division_code,service,country,region,city,street,house,house_from,house_to,parity,postcode_prefix,phone_prefix
tashkent-centre,*,UZ,,Tashkent,ул. Навои,,1,99,,,
tashkent-north,internet,UZ,,Tashkent,ул. Навои,12 корп. 2,,,,,
";
    app.admin.put_csv("/api/v1/coverage", file.as_bytes().to_vec()).await?.expect(200)?;
    // What is asked, and who has it.
    let cases = [
        (
            "street=%D0%9D%D0%B0%D0%B2%D0%BE%D0%B8&house=12%D0%BA2&service=internet",
            "tashkent-north",
        ),
        ("street=%D0%9D%D0%B0%D0%B2%D0%BE%D0%B8&house=12&service=internet", "tashkent-centre"),
    ];
    for (address, expected) in cases {
        let found = lookup(&app, address).await?;
        ensure!(found["division"]["code"] == expected, "{address}: {found}");
        ensure!(found.get("services").is_none(), "{found}");
    }
    for services in ["service=internet,telephony", "service=telephony&service=internet"] {
        let address = format!("street=%D0%9D%D0%B0%D0%B2%D0%BE%D0%B8&house=12%D0%BA2&{services}");
        let found = lookup(&app, &address).await?;
        let each = found["services"].as_array().context("services")?;
        let codes: Vec<_> = each
            .iter()
            .map(|one| (one["service"].as_str(), one["division"]["code"].as_str()))
            .collect();
        let expected = [
            (Some("internet"), Some("tashkent-north")),
            (Some("telephony"), Some("tashkent-centre")),
        ];
        ensure!(codes == expected, "{found}");
    }
    Ok(())
}

async fn lookup(app: &TestApp, address: &str) -> Result<Value> {
    let path = format!("/api/v1/coverage/lookup?country=UZ&city=Tashkent&{address}");
    let answer = app.admin.get(&path).await?;
    answer.expect(200)?;
    Ok(answer.body)
}
