//! The webhooks function.

use shared::config;
use shared::egress::Targets;
use shared::pipeline;
use shared::state::App;
use webhooks::state::Webhooks;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let state = Webhooks {
        app: App::from_env()?,
        targets: config::parsed("WEBHOOK_TARGETS", Targets::Public)?,
    };
    pipeline::run("webhooks", webhooks::routes::table(), state).await
}
