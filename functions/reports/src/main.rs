//! The reports function.

use reports::state::Reports;
use shared::pipeline;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    pipeline::run("reports", reports::routes::table(), Reports::from_env()?).await
}
