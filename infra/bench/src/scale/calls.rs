//! The hot paths' statements, each batched as its handler batches it.

use std::convert::Infallible;

use local::postgres::Cluster;
use projects::domain::{Change, NewProject, Project};
use reports::domain::Report;
use reports::types::NewReport;
use serde_json::json;
use shared::clock::Clock;
use shared::db::{Access, Database, DatabaseConfig, DbError, Statement};
use shared::ids::{EventId, ProjectId, ReportId, SessionId, UserId};
use shared::jobs::{Envelope, ProjectCreated, ReportRequested};
use shared::page::{Keyset, PAGE_ROWS_DEFAULT, PageRequest};
use shared::{idempotency, outbox};

use billing::period::Period;

use super::ScaleError;
use super::place::Drawn;

/// Events that the relay takes at a time.
const TAKE_ROWS: i32 = 100;
/// Calls in one round, at most, of what takes long by its nature.
const LONG_CALLS_MAX: u32 = 40;

/// A database, as each service sees it.
pub(super) struct Doors {
    pub(super) projects: Database,
    pub(super) reports: Database,
    billing: Database,
    authorizer: Database,
    relay: Database,
}

impl Doors {
    /// The services' doors to the database `name`.
    pub(super) fn open(cluster: &Cluster, name: &str) -> Result<Self, ScaleError> {
        let door = |service: &str| {
            let role = format!("svc_{service}");
            let url = cluster.url(&role, &cluster.password(&role), name);
            let config = DatabaseConfig::new(&url, None, None);
            config.map(Database::new).map_err(ScaleError::Statement)
        };
        Ok(Self {
            projects: door("projects")?,
            reports: door("reports")?,
            billing: door("billing")?,
            authorizer: door("authorizer")?,
            relay: door("relay")?,
        })
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    ListProjects,
    GetProject,
    CreateProject,
    ChangeProject,
    DeleteProject,
    ListReports,
    GetReport,
    RequestReport,
    Authorize,
    ShowUsage,
    CountUsage,
    RelayEvents,
    CountRows,
    AddUpEvents,
}

impl Call {
    pub(super) const ALL: [Self; 14] = [
        Self::ListProjects,
        Self::GetProject,
        Self::CreateProject,
        Self::ChangeProject,
        Self::DeleteProject,
        Self::ListReports,
        Self::GetReport,
        Self::RequestReport,
        Self::Authorize,
        Self::ShowUsage,
        Self::CountUsage,
        Self::RelayEvents,
        Self::CountRows,
        Self::AddUpEvents,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ListProjects => "list projects",
            Self::GetProject => "get a project",
            Self::CreateProject => "create a project",
            Self::ChangeProject => "change a project",
            Self::DeleteProject => "delete a project",
            Self::ListReports => "list reports",
            Self::GetReport => "get a report",
            Self::RequestReport => "request a report",
            Self::Authorize => "authorize a caller",
            Self::ShowUsage => "usage and invoice",
            Self::CountUsage => "count an event",
            Self::RelayEvents => "relay 100 events",
            Self::CountRows => "count the rows",
            Self::AddUpEvents => "add up the events",
        }
    }

    /// Whether it is how totals were not to be made: it has to grow, or nothing was measured.
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::CountRows | Self::AddUpEvents)
    }

    /// Whether it is about one tenant.
    pub(super) fn has_tenant(self) -> bool {
        self != Self::RelayEvents
    }

    /// How many calls are made where `calls` were asked for.
    pub(super) fn at_most(self, calls: u32) -> u32 {
        match self {
            Self::RelayEvents | Self::CountRows | Self::AddUpEvents => calls.min(LONG_CALLS_MAX),
            _ => calls,
        }
    }

    /// Makes one.
    pub(super) async fn make(self, doors: &Doors, drawn: Drawn) -> Result<(), ScaleError> {
        let tenant = drawn.tenant;
        match self {
            Self::ListProjects => {
                let work = (projects::store::list(PAGE), projects::store::count());
                doors.projects.read(tenant, work).await?;
            }
            Self::GetProject => {
                let work = projects::store::find(ProjectId::from(drawn.row));
                found(doors.projects.read(tenant, work).await?)?;
            }
            Self::CreateProject => create_project(doors, drawn).await?,
            Self::ChangeProject => {
                let change = Change::new(Some("Another name"), None, None).map_err(invalid)?;
                let id = ProjectId::from(drawn.row);
                let work = projects::store::update(id, &change, None, Clock::System.now());
                found(doors.projects.write(tenant, work).await?)?;
            }
            Self::DeleteProject => delete_project(doors, drawn).await?,
            Self::ListReports => {
                let all = reports::listing::Filter::default();
                let work = (
                    reports::store::list(PAGE, &all),
                    reports::store::count(&all),
                );
                doors.reports.read(tenant, work).await?;
            }
            Self::GetReport => {
                let work = reports::store::find(ReportId::from(drawn.row));
                found(doors.reports.read(tenant, work).await?)?;
            }
            Self::RequestReport => request_report(doors, drawn).await?,
            Self::Authorize => {
                let session = SessionId::from(drawn.session);
                let work = (
                    authorizer::store::session_state(session),
                    authorizer::store::entitlements(),
                );
                found(doors.authorizer.read(tenant, work).await?.0)?;
            }
            Self::ShowUsage => {
                let period = Period::month_of(Clock::System.now());
                let work = (
                    billing::store::plan_in_force(),
                    billing::store::counted(period),
                );
                doors.billing.read(tenant, work).await?;
            }
            Self::CountUsage => {
                let now = Clock::System.now();
                let work = billing::store::record(EventId::new(), "projects", 1, now);
                doors.billing.write(tenant, work).await?;
            }
            Self::RelayEvents => relay_events(doors).await?,
            Self::CountRows => {
                let count = Statement::new("SELECT count(*) AS rows FROM projects");
                let count = count.one(|row| row.try_get::<_, i64>("rows"));
                doors.projects.read(tenant, count).await?;
            }
            Self::AddUpEvents => {
                let sums = "SELECT sum(quantity)::bigint AS used FROM usage_events GROUP BY meter";
                let sums = Statement::new(sums).many(|row| row.try_get::<_, i64>("used"));
                doors.billing.read(tenant, sums).await?;
            }
        }
        Ok(())
    }
}

/// The first page, as it is asked for most.
pub(super) const PAGE: PageRequest = PageRequest {
    rows: PAGE_ROWS_DEFAULT,
    after: Keyset::START,
    offset: 0,
    number: Some(1),
};

/// With the stored answer that a key asks for.
async fn create_project(doors: &Doors, drawn: Drawn) -> Result<(), ScaleError> {
    let new = NewProject::new("A name", "And what it is about").map_err(invalid)?;
    let project = Project::create(new, Clock::System.now());
    let event = ProjectCreated {
        project_id: project.id,
    };
    let event = Envelope::new(drawn.tenant, project.created_at, event);
    let emit = outbox::emit(&event, project.id).map_err(invalid)?;
    let work = (record(project.id), projects::store::insert(&project), emit);
    doors.projects.write(drawn.tenant, work).await?;
    Ok(())
}

fn record(key: ProjectId) -> Statement<u64> {
    let [record, ..] = idempotency::STATEMENTS else {
        return Statement::new("");
    };
    Statement::new(record)
        .bind(key.to_string())
        .bind(vec![0_u8; 32])
        .bind(201_i32)
        .bind(json!({"etag": "1"}))
        .bind(vec![b'x'; 200])
}

/// Taken back at the end, so that the tenant has as many afterwards.
async fn delete_project(doors: &Doors, drawn: Drawn) -> Result<(), ScaleError> {
    let id = ProjectId::from(drawn.row);
    let work = async |transaction: &mut shared::db::Transaction<'_>| {
        let deleted = transaction.run(projects::store::delete(id, None)).await?;
        Err::<Infallible, _>(match deleted {
            0 => DbError::NoRow,
            _ => DbError::Aborted,
        })
    };
    let db = &doors.projects;
    match db.transaction(drawn.tenant, Access::Write, work).await {
        Err(DbError::Aborted) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn request_report(doors: &Doors, drawn: Drawn) -> Result<(), ScaleError> {
    let new = NewReport::summary(None, None).map_err(invalid)?;
    let report = Report::request(new, UserId::from(drawn.session), Clock::System.now());
    let event = ReportRequested {
        report_id: report.id,
    };
    let event = Envelope::new(drawn.tenant, report.created_at, event);
    let emit = outbox::emit(&event, report.id).map_err(invalid)?;
    let work = (reports::store::insert(&report), emit);
    doors.reports.write(drawn.tenant, work).await?;
    Ok(())
}

async fn relay_events(doors: &Doors) -> Result<(), ScaleError> {
    let take = relay::store::take("projects", TAKE_ROWS);
    let events = doors.relay.without_tenant(take).await?;
    found(events.first())?;
    let pairs = events
        .iter()
        .map(|event| (*event.tenant().id().as_uuid(), *event.id.as_uuid()));
    let (tenants, ids) = pairs.unzip();
    let sent = relay::store::sent("projects", tenants, ids);
    doors.relay.without_tenant(sent).await?;
    Ok(())
}

fn found<T>(row: Option<T>) -> Result<(), ScaleError> {
    row.map(|_| ()).ok_or_else(|| DbError::NoRow.into())
}

fn invalid(error: impl std::fmt::Debug) -> ScaleError {
    ScaleError::Statement(format!("{error:?}"))
}
