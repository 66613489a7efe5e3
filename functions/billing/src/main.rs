//! The billing function.

use shared::pipeline;
use shared::state::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    pipeline::run("billing", billing::routes::table(), App::from_env()?).await
}
