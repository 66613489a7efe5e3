//! Which paths are hot, and how often each is walked.

/// One hot path.
#[derive(Debug)]
pub(super) struct HotPath {
    /// Its name in budgets and on the command line.
    pub(super) name: &'static str,
    /// What walks along it.
    pub(super) walker: Walker,
    /// Calls that are not counted: they connect, fill caches and let buffers grow.
    pub(super) warm_calls: u32,
    /// Calls that a count is the mean of: so many that counts in a row differ by less than 1 %.
    pub(super) calls: u32,
}

/// What walks along a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walker {
    /// The projects function.
    Projects(Sent),
    /// The billing function.
    Billing(Sent),
    /// The authorizer.
    Authorizer(Sent),
    /// The function that counts usage.
    BillingMeter(Sent),
    /// A limiter's question to its table.
    LimiterTable,
    /// A limiter's arithmetic.
    LimiterArithmetic,
    /// A cursor, written and read.
    Cursor,
    /// A report of a thousand rows.
    Report,
}

/// An event of the repository that is sent along a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    /// Its name in `events/`.
    pub(super) event: &'static str,
    /// What is changed in it.
    pub(super) edit: Edit,
    /// What its answer begins with.
    pub(super) answer: &'static str,
}

/// How an event of the repository becomes the one that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    /// By one of the world's tenants.
    Tenant,
    /// Also about a project that the tenant has.
    KnownProject,
    /// Also to a route that is none.
    NoRoute,
    /// Also with another idempotency key in each call.
    NewKey,
    /// Also with another token of the same log-in in each call.
    NewToken,
    /// A message about one of the world's tenants, another one in each call.
    NewMessage,
}

impl Walker {
    /// The logical id of the function whose environment it walks in.
    pub(super) fn function(&self) -> &'static str {
        match self {
            Self::Billing(_) => "BillingFunction",
            Self::Authorizer(_) => "AuthorizerFunction",
            Self::BillingMeter(_) => "BillingMeterFunction",
            Self::Report => "ReportWorkerFunction",
            Self::Projects(_) | Self::LimiterTable | Self::LimiterArithmetic | Self::Cursor => {
                "ProjectsFunction"
            }
        }
    }

    /// What is sent along its path, if anything.
    pub(super) fn sent(&self) -> Option<&Sent> {
        match self {
            Self::Projects(sent)
            | Self::Billing(sent)
            | Self::Authorizer(sent)
            | Self::BillingMeter(sent) => Some(sent),
            Self::LimiterTable | Self::LimiterArithmetic | Self::Cursor | Self::Report => None,
        }
    }
}

const OK: &str = r#"{"statusCode":200,"#;
const CREATED: &str = r#"{"statusCode":201,"#;
const NOT_FOUND: &str = r#"{"statusCode":404,"#;
const ALLOWED: &str = r#"{"isAuthorized":true,"context":{"tenant_id":"#;
const ALL_COUNTED: &str = r#"{"batchItemFailures":[]}"#;

/// What is counted.
pub(super) const PATHS: &[HotPath] = &[
    waiting(
        "projects-list-50",
        Walker::Projects(sent("projects-list-v2", Edit::Tenant, OK)),
    ),
    waiting(
        "projects-get",
        Walker::Projects(sent("projects-get-v2", Edit::KnownProject, OK)),
    ),
    waiting(
        "projects-create",
        Walker::Projects(sent("projects-create-v2", Edit::NewKey, CREATED)),
    ),
    waiting(
        "problem",
        Walker::Projects(sent("projects-get-v2", Edit::Tenant, NOT_FOUND)),
    ),
    waiting(
        "unmatched-route",
        Walker::Projects(sent("projects-list-v2", Edit::NoRoute, NOT_FOUND)),
    ),
    waiting(
        "invoice-preview",
        Walker::Billing(sent("billing-invoice-preview-v2", Edit::Tenant, OK)),
    ),
    waiting(
        "token-check-first",
        Walker::Authorizer(sent("authorizer", Edit::NewToken, ALLOWED)),
    ),
    waiting(
        "token-check-again",
        Walker::Authorizer(sent("authorizer", Edit::Tenant, ALLOWED)),
    ),
    waiting(
        "usage-metering",
        Walker::BillingMeter(sent("billing-meter-batch", Edit::NewMessage, ALL_COUNTED)),
    ),
    waiting("limiter-table", Walker::LimiterTable),
    computed("limiter-arithmetic", Walker::LimiterArithmetic, 5_000),
    computed("cursor", Walker::Cursor, 5_000),
    computed("report-pdf-1000", Walker::Report, 2),
];

const fn sent(event: &'static str, edit: Edit, answer: &'static str) -> Sent {
    Sent {
        event,
        edit,
        answer,
    }
}

/// A path that waits for other processes. How their answers arrive varies, so there are many calls.
const fn waiting(name: &'static str, walker: Walker) -> HotPath {
    HotPath {
        name,
        walker,
        warm_calls: 20,
        calls: 200,
    }
}

/// A path that only computes, and does the same each time.
const fn computed(name: &'static str, walker: Walker, calls: u32) -> HotPath {
    HotPath {
        name,
        walker,
        warm_calls: 1,
        calls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_path() {
        for path in PATHS {
            let same = PATHS.iter().filter(|other| other.name == path.name);
            assert_eq!(same.count(), 1, "{}", path.name);
            assert!(path.calls > 0, "{}", path.name);
        }
        assert!(PATHS.len() >= 10);
    }
}
