//! A key that was seen before is answered as it was then.

use crate::support::Gateway;
use anyhow::Result;
use futures::future::try_join_all;

#[tokio::test]
async fn the_same_key_gets_the_same_answer_whatever_happened_since() -> Result<()> {
    let gateway = Gateway::start().await?;
    let first = gateway.ensure_as("k-1", "domain/north", &[], "North").await?;
    assert_eq!((first.status, first.replayed), (201, false));
    gateway.ensure_as("k-2", "domain/north", &[], "Far North").await?;
    gateway.retire_as("k-3", "domain/north").await?;
    let again = gateway.ensure_as("k-1", "domain/north", &[], "North").await?;
    assert_eq!((again.status, again.replayed, &again.text), (201, true, &first.text));
    let again = gateway.retire_as("k-3", "domain/north").await?;
    assert_eq!((again.status, again.replayed), (204, true));
    assert_eq!(gateway.find("domain/north").await?.body["revision"], 3);
    assert_eq!(gateway.journal().await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_key_is_for_one_request() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.ensure("domain/top", &[], "Top").await?;
    gateway.ensure_as("k-1", "domain/north", &[], "North").await?;
    let before = gateway.journal().await?;
    let others = [
        gateway.ensure_as("k-1", "domain/north", &[], "South").await?,
        gateway.ensure_as("k-1", "domain/north", &["top"], "North").await?,
        gateway.ensure_as("k-1", "domain/south", &[], "North").await?,
        gateway.ensure_as("k-1", "billingPlan/north", &[], "North").await?,
        gateway.retire_as("k-1", "domain/north").await?,
    ];
    for (number, answer) in others.iter().enumerate() {
        assert_eq!((answer.status, answer.problem()), (422, "key-reused"), "{number}");
    }
    assert_eq!(gateway.journal().await?, before);
    assert_eq!(gateway.find("domain/north").await?.body["attributes"]["name"], "North");
    Ok(())
}

#[tokio::test]
async fn a_key_that_comes_many_times_at_once_is_answered_alike() -> Result<()> {
    let gateway = Gateway::start().await?;
    let calls = (0..32).map(|_| gateway.ensure_as("k-1", "domain/north", &[], "North"));
    let answers = try_join_all(calls).await?;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
    }
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(gateway.journal().await?, ["made domain/north"]);
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_not_kept_so_that_the_same_call_succeeds_once_its_reason_is_gone() -> Result<()>
{
    let gateway = Gateway::start().await?;
    let refused = gateway.ensure_as("k-1", "customer/c", &["north"], "C").await?;
    assert_eq!(refused.status, 409);
    gateway.ensure("domain/north", &[], "North").await?;
    let made = gateway.ensure_as("k-1", "customer/c", &["north"], "C").await?;
    assert_eq!((made.status, made.replayed), (201, false));
    Ok(())
}
