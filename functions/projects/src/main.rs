//! The projects function.

use shared::pipeline;
use shared::state::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    pipeline::run("projects", projects::routes::table(), App::from_env()?).await
}
