//! The one use case of several steps: another plan for a tenant.

use shared::db::{Access, OnConstraint};
use shared::error::ApiError;
use shared::jobs::{Envelope, SubscriptionChanged};
use shared::outbox;
use shared::state::App;
use shared::tenant::Tenant;

use crate::domain::{BillingError, PlanId, Subscription};
use crate::store;

/// Gives a tenant another plan, if its subscription still has the version `seen`; `None` stands
/// for any. Choosing the present plan again changes nothing and tells nobody.
///
/// The event commits with the change. The tenant's limits follow by themselves, because the
/// authorizer reads them from the plan.
pub async fn change_plan(
    app: &App,
    tenant: Tenant,
    plan: &PlanId,
    seen: Option<i32>,
) -> Result<Subscription, ApiError> {
    let now = app.clock.now();
    let free = Subscription::free(tenant);
    app.db
        .transaction(tenant, Access::Write, async |transaction| {
            // A tenant may come here before its first row does, and only a row can be locked.
            let steps = (store::found(&free), store::lock());
            let (_, current) = transaction.run(steps).await?;
            if seen.is_some_and(|seen| seen != current.version) {
                return Err(BillingError::Stale.into());
            }
            let Some(changed) = current.changed_to(plan, now) else {
                return Ok(current);
            };
            let event = SubscriptionChanged {
                plan: changed.plan.clone(),
            };
            let event = Envelope::new(tenant, now, event);
            let emit = outbox::emit(&event, changed.version)?;
            transaction
                .finish((store::update(&changed), emit))
                .await
                .on_constraint("subscriptions_plan_id_fkey", || BillingError::UnknownPlan)?;
            Ok(changed)
        })
        .await
}
