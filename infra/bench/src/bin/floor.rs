//! The least that a Lambda function in Rust can do for `GET /v2/projects`: the same batch to the
//! same database and the same JSON back, and nothing else. No tenant is checked, nothing is
//! counted, no version is known and no line is logged, so what lies between this and the product
//! is what those cost.

use futures_util::future::join5;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use shared::ids::TenantId;
use shared::page::Keyset;
use shared::tenant::Tenant;
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row};
use uuid::Uuid;

const LIMIT: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    request_context: RequestContext,
}

#[derive(Deserialize)]
struct RequestContext {
    authorizer: Authorizer,
}

#[derive(Deserialize)]
struct Authorizer {
    lambda: Context,
}

#[derive(Deserialize)]
struct Context {
    tenant_id: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    headers: Headers,
    body: String,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
struct Headers {
    #[serde(rename = "content-type")]
    content_type: &'static str,
}

#[derive(Serialize)]
struct Listing<'a> {
    data: Vec<Project<'a>>,
    meta: Meta,
}

#[derive(Serialize)]
struct Project<'a> {
    id: Uuid,
    name: &'a str,
    description: &'a str,
    status: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

#[derive(Serialize)]
struct Meta {
    total: i64,
    limit: usize,
    page: Option<u32>,
    next_cursor: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = shared::config::required("DATABASE_URL")?;
    let connection = OnceCell::new();
    let (url, connection) = (&url, &connection);
    let service = service_fn(async |event: LambdaEvent<Event>| {
        let client = connection.get_or_try_init(|| connect(url)).await?;
        let tenant = event.payload.request_context.authorizer.lambda.tenant_id;
        list(client, tenant).await
    });
    lambda_runtime::run(service).await
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Its error comes back to the statement that was running.
    drop(tokio::spawn(connection));
    Ok(client)
}

async fn list(client: &Client, tenant: Uuid) -> Result<Answer, Error> {
    let [rows_sql, total_sql] = statements()?;
    let start = Keyset::START;
    let enter: [(&(dyn ToSql + Sync), Type); 1] = [(&tenant, Type::UUID)];
    let rows = i64::try_from(LIMIT)? + 1;
    let page: [(&(dyn ToSql + Sync), Type); 4] = [
        (&start.created_at, Type::TIMESTAMPTZ),
        (&start.id, Type::UUID),
        (&rows, Type::INT8),
        (&0_i64, Type::INT8),
    ];
    let (began, entered, rows, total, committed) = join5(
        client.batch_execute("BEGIN READ ONLY"),
        client.execute_typed("SELECT app.enter($1)", &enter),
        client.query_typed(rows_sql, &page),
        client.query_typed(total_sql, &[]),
        client.batch_execute("COMMIT"),
    )
    .await;
    began?;
    entered?;
    committed?;
    let total = total?.first().ok_or("no total")?.try_get(0)?;
    let body = serde_json::to_string(&listing(&rows?, total, tenant)?)?;
    Ok(Answer {
        status_code: 200,
        headers: Headers {
            content_type: "application/json",
        },
        body,
        is_base64_encoded: false,
    })
}

/// The product's own statements: the list and the total.
fn statements() -> Result<[&'static str; 2], Error> {
    let named = |name: &str| {
        let named = |sql: &&&str| sql.lines().next().is_some_and(|line| line.ends_with(name));
        projects::store::STATEMENTS.iter().find(named).copied()
    };
    let both = named("::LIST").zip(named("::COUNT"));
    let (list, count) = both.ok_or("projects::store has other statements now")?;
    Ok([list, count])
}

fn listing(rows: &[Row], total: i64, tenant: Uuid) -> Result<Listing<'_>, Error> {
    let page = rows.get(..LIMIT).unwrap_or(rows);
    let data: Vec<_> = page.iter().map(project).collect::<Result<_, _>>()?;
    let last = data.last().filter(|_| rows.len() > LIMIT);
    let next = last.map(|last| Keyset {
        created_at: last.created_at,
        id: last.id,
    });
    let list_of = Tenant::vouched_for(TenantId::from(tenant));
    Ok(Listing {
        data,
        meta: Meta {
            total,
            limit: LIMIT,
            page: Some(1),
            next_cursor: next.map(|next| next.to_cursor(list_of, "projects")),
        },
    })
}

fn project(row: &Row) -> Result<Project<'_>, tokio_postgres::Error> {
    Ok(Project {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        status: row.try_get("status")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
