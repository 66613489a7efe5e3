//! The auth function.

use auth::routes;
use auth::state::Auth;
use shared::pipeline;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    pipeline::run("auth", routes::table(), Auth::from_env()?).await
}
