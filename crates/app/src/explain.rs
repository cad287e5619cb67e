//! An order is explained to a person.

use crate::AppError;
use crate::change::{scenario_of, there};
use crate::ports::Orders;
use crate::read::{not_found, reference, require};
use oms_domain::decide::{self, Context, Explanation};
use oms_domain::order::Order;
use oms_domain::party::Language;
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;

/// Why the order is where it is, who can move it, what is missing for this caller, and what would happen.
pub async fn explain<P: Orders>(
    ports: &P,
    actor: &Actor,
    name: &str,
    language: Language,
    now: Instant,
) -> Result<(Order, Explanation), AppError> {
    require(actor, Right::OrdersRead)?;
    let loaded = ports.load(&reference(name)?).await?.ok_or_else(|| not_found(name))?;
    let actor = there(actor, &loaded, name)?;
    let scenario = scenario_of(&loaded)?;
    let (neighbourhood, calendars) = (&loaded.neighbourhood, &loaded.calendars);
    let context =
        Context { now, actor: &actor, scenario, neighbourhood, calendars, workforce: None };
    let workforce = match decide::workforce_for_all_transitions(&loaded.order, context) {
        Some(query) => Some(ports.workforce(&query).await?),
        None => None,
    };
    let context = Context { workforce: workforce.as_ref(), ..context };
    let explanation = decide::explain(&loaded.order, context, language);
    Ok((loaded.order, explanation))
}
