//! What a statement costs, in blocks: a measure of its growth that no load on the machine disturbs.

use serde_json::Value;
use tokio_postgres::Client;

/// How many blocks of tables and indexes a statement touches, in the transaction that `client` is
/// in. What it changes is taken back.
///
/// `arguments` are its parameters as SQL, separated by commas.
pub async fn blocks(client: &Client, statement: &str, arguments: &str) -> u64 {
    let arguments = match arguments {
        "" => String::new(),
        given => format!("({given})"),
    };
    let prepare = format!("SAVEPOINT measured; PREPARE measured AS {statement}");
    client.batch_execute(&prepare).await.unwrap();
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE measured {arguments}");
    let mut touched = 0;
    // The first time, the functions it calls are read from the catalogue as well.
    for _ in ["to warm up", "to measure"] {
        let plan: Value = client.query_one(&explain, &[]).await.unwrap().get(0);
        let plan = &plan[0]["Plan"];
        let counted = ["Shared Hit Blocks", "Shared Read Blocks"].map(|name| plan[name].as_u64());
        touched = counted.into_iter().map(Option::unwrap).sum();
        let back = "ROLLBACK TO measured";
        client.batch_execute(back).await.unwrap();
    }
    client.batch_execute("DEALLOCATE measured").await.unwrap();
    touched
}

/// The one of a module's statements that is named `name`.
pub fn named(statements: &[&'static str], name: &str) -> &'static str {
    let label = format!("::{name}\n");
    let found = statements
        .iter()
        .find(|text| text.split_inclusive('\n').next().unwrap().ends_with(&label));
    found.unwrap_or_else(|| panic!("no statement {name}"))
}
