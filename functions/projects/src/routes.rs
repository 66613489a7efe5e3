//! Which path is which, and what a call does.

use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::db::Access;
use shared::error::{ApiError, FieldError};
use shared::http::{Answer, IfMatch, Json, Path, Query, Route, etag};
use shared::idempotency::{self, Keyed, Outcome};
use shared::ids::ProjectId;
use shared::jobs::{Envelope, ProjectCreated, ProjectDeleted};
use shared::outbox;
use shared::page::{Listing, Page, PageQuery};
use shared::state::App;
use shared::tenant::TenantContext;

use crate::domain::{Change, NewProject, Project, ProjectError};
use crate::{store, v1, v2};

/// The name of the list in its cursors.
const LIST: &str = "projects";

/// Every endpoint of this domain, and which shapes serve which version.
pub fn table() -> Vec<Route<App>> {
    vec![
        Route::get("/v1/projects", list_v1),
        Route::post("/v1/projects", create::<v1::ProjectBody, v1::Project>),
        Route::get("/v1/projects/{id}", find::<v1::Project>),
        Route::put("/v1/projects/{id}", replace::<v1::ProjectBody, v1::Project>),
        Route::delete("/v1/projects/{id}", delete_any),
        Route::get("/v2/projects", list_v2),
        Route::post("/v2/projects", create::<v2::CreateProject, v2::Project>).key_required(),
        Route::get("/v2/projects/{id}", find::<v2::Project>),
        Route::patch("/v2/projects/{id}", patch::<v2::UpdateProject, v2::Project>),
        Route::delete("/v2/projects/{id}", delete_seen),
    ]
}

type Presented<Out> = (HeaderMap, Json<Out>);

async fn list_v1(
    State(app): State<App>,
    context: TenantContext,
    Query(query): Query<PageQuery>,
) -> Result<Json<Vec<v1::Project>>, ApiError> {
    let page = page(&app, &context, &query).await?;
    Ok(Json(v1::list(page)))
}

async fn list_v2(
    State(app): State<App>,
    context: TenantContext,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listing<v2::Project>>, ApiError> {
    let page = page(&app, &context, &query).await?;
    Ok(Json(Listing::new(page, context.tenant, LIST)))
}

async fn page(
    app: &App,
    context: &TenantContext,
    query: &PageQuery,
) -> Result<Page<Project>, ApiError> {
    let request = query.check(context.tenant, LIST)?;
    let work = (store::list(request), store::count());
    let (rows, total) = app.db.read(context.tenant, work).await?;
    Ok(Page::cut(rows, total, request, Project::key))
}

async fn create<In, Out>(
    State(app): State<App>,
    context: TenantContext,
    uri: Uri,
    Keyed { key, body }: Keyed<In>,
) -> Result<Outcome, ApiError>
where
    In: TryInto<NewProject, Error = FieldError> + DeserializeOwned,
    Out: From<Project> + Serialize,
{
    let project = Project::create(body.try_into()?, app.clock.now());
    let (id, version) = (project.id, project.version);
    let event = ProjectCreated { project_id: id };
    let event = Envelope::new(context.tenant, project.created_at, event);
    let work = (store::insert(&project), outbox::emit(&event, id)?);
    let answer = Answer::json(StatusCode::CREATED, &Out::from(project))?
        .with(LOCATION, format!("{}/{id}", uri.path()))
        .with(ETAG, etag(version));
    idempotency::once(&app.db, context.tenant, key, answer, work).await
}

async fn find<Out>(
    State(app): State<App>,
    context: TenantContext,
    Path(id): Path<ProjectId>,
) -> Result<Presented<Out>, ApiError>
where
    Out: From<Project> + Serialize,
{
    let found = app.db.read(context.tenant, store::find(id)).await?;
    Ok(present(found.ok_or(ProjectError::NotFound)?))
}

async fn replace<In, Out>(
    State(app): State<App>,
    context: TenantContext,
    Path(id): Path<ProjectId>,
    Json(body): Json<In>,
) -> Result<Presented<Out>, ApiError>
where
    In: TryInto<Change, Error = FieldError> + DeserializeOwned,
    Out: From<Project> + Serialize,
{
    let change = body.try_into()?;
    Ok(present(update(&app, &context, id, &change, None).await?))
}

async fn patch<In, Out>(
    State(app): State<App>,
    context: TenantContext,
    Path(id): Path<ProjectId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<In>,
) -> Result<Presented<Out>, ApiError>
where
    In: TryInto<Change, Error = FieldError> + DeserializeOwned,
    Out: From<Project> + Serialize,
{
    let change = body.try_into()?;
    Ok(present(update(&app, &context, id, &change, seen).await?))
}

async fn update(
    app: &App,
    context: &TenantContext,
    id: ProjectId,
    change: &Change,
    seen: Option<i32>,
) -> Result<Project, ProjectError> {
    let statement = store::update(id, change, seen, app.clock.now());
    match app.db.write(context.tenant, statement).await? {
        Some(project) => Ok(project),
        None => Err(missing_or_stale(app, context, id).await?),
    }
}

async fn delete_any(
    State(app): State<App>,
    context: TenantContext,
    Path(id): Path<ProjectId>,
) -> Result<StatusCode, ApiError> {
    delete(&app, &context, id, None).await
}

async fn delete_seen(
    State(app): State<App>,
    context: TenantContext,
    Path(id): Path<ProjectId>,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, ApiError> {
    delete(&app, &context, id, seen).await
}

async fn delete(
    app: &App,
    context: &TenantContext,
    id: ProjectId,
    seen: Option<i32>,
) -> Result<StatusCode, ApiError> {
    let event = ProjectDeleted { project_id: id };
    let event = Envelope::new(context.tenant, app.clock.now(), event);
    let emit = outbox::emit(&event, id)?;
    let deleted = app
        .db
        .transaction(context.tenant, Access::Write, async |transaction| {
            let deleted = transaction.run(store::delete(id, seen)).await?;
            if deleted > 0 {
                transaction.finish(emit).await?;
            }
            Ok::<_, ApiError>(deleted)
        })
        .await?;
    match deleted {
        0 => Err(missing_or_stale(app, context, id).await?.into()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// Why a change touched no row.
async fn missing_or_stale(
    app: &App,
    context: &TenantContext,
    id: ProjectId,
) -> Result<ProjectError, ProjectError> {
    let found = app.db.read(context.tenant, store::find(id)).await?;
    Ok(match found {
        Some(_) => ProjectError::Stale,
        None => ProjectError::NotFound,
    })
}

fn present<Out>(project: Project) -> Presented<Out>
where
    Out: From<Project> + Serialize,
{
    let headers = HeaderMap::from_iter([(ETAG, etag(project.version))]);
    (headers, Json(Out::from(project)))
}
