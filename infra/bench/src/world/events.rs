//! The repository's own events, as the gateway would send them for one of the tenants.

use std::fs;

use local::project;
use serde_json::{Value, json};

use super::{Resident, World, WorldError, tenants::PLAN};

/// The limits of [`PLAN`] as the authorizer hands them on.
const LIMITS: &str = "minute=10000,day=1000000";

impl World {
    /// The event `events/{name}.json` as sent for `resident`: with its token, which only programs
    /// that verify tokens themselves look at, and with the authorizer's context, which the others do.
    ///
    /// # Errors
    ///
    /// There is no such event, or it is no event of the gateway.
    pub fn event(&self, name: &str, resident: &Resident) -> Result<Vec<u8>, WorldError> {
        let path = project::root().join("events").join(format!("{name}.json"));
        let unusable = |reason: String| WorldError::Event {
            path: path.clone(),
            reason,
        };
        let text = fs::read(&path).map_err(|error| unusable(error.to_string()))?;
        let mut event: Value =
            serde_json::from_slice(&text).map_err(|error| unusable(error.to_string()))?;
        let bearer = format!("Bearer {}", resident.token);
        if let Some(source) = event.pointer_mut("/identitySource/0") {
            *source = json!(bearer);
        }
        if let Some(context) = event.pointer_mut("/requestContext/authorizer/lambda") {
            *context = context_of(resident);
        }
        let header = event.pointer_mut("/headers/authorization");
        *header.ok_or_else(|| unusable("has no header authorization".to_owned()))? = json!(bearer);
        Ok(event.to_string().into_bytes())
    }
}

fn context_of(resident: &Resident) -> Value {
    json!({
        "tenant_id": resident.tenant,
        "user_id": resident.user,
        "session_id": resident.session,
        "role": "owner",
        "tier": "pool",
        "plan": PLAN,
        "limits": LIMITS,
    })
}
