//! Which path is which.

use shared::http::Route;

use crate::handlers::{deliveries, endpoints};
use crate::state::Webhooks;

/// Every endpoint of this domain. There is no version 1 of it: its callers ask instead of being told.
pub fn table() -> Vec<Route<Webhooks>> {
    vec![
        Route::get("/v2/webhooks/event-types", endpoints::event_types),
        Route::get("/v2/webhooks/endpoints", endpoints::list),
        Route::post("/v2/webhooks/endpoints", endpoints::create).key_required(),
        Route::get("/v2/webhooks/endpoints/{id}", endpoints::find),
        Route::patch("/v2/webhooks/endpoints/{id}", endpoints::patch),
        Route::delete("/v2/webhooks/endpoints/{id}", endpoints::delete),
        Route::post(
            "/v2/webhooks/endpoints/{id}/rotate-secret",
            endpoints::rotate,
        )
        .key_required(),
        Route::post("/v2/webhooks/endpoints/{id}/test", deliveries::test).key_required(),
        Route::post("/v2/webhooks/endpoints/{id}/recover", deliveries::recover),
        Route::get("/v2/webhooks/deliveries", deliveries::list),
        Route::get("/v2/webhooks/deliveries/{id}", deliveries::find),
        Route::post(
            "/v2/webhooks/deliveries/{id}/redeliver",
            deliveries::redeliver,
        ),
    ]
}
