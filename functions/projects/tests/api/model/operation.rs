//! What a tenant may do next, drawn at random.

use proptest::prelude::*;

/// Tenants of a history.
pub(super) const TENANTS: usize = 3;
/// Instances of the function, each with a connection of its own.
pub(super) const INSTANCES: usize = 2;
/// Keys that the tenants share, so that they often use the same one.
const KEYS: u8 = 3;
/// Names that they share.
const NAMES: u8 = 3;
/// Rows in a page at most: few, so that there are pages.
const PAGE_ROWS_MAX: u32 = 4;

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) tenant: usize,
    pub(super) instance: usize,
    pub(super) version: Version,
    pub(super) operation: Operation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

impl Version {
    pub(super) fn list(self) -> &'static str {
        match self {
            Self::V1 => "/v1/projects",
            Self::V2 => "/v2/projects",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Operation {
    /// Make one; in version 1 a key may be left out.
    Create { key: Option<u8>, name: u8 },
    /// Read the whole list, page by page.
    List { rows: u32 },
    /// Go on in a list where another tenant's page has ended.
    Borrow { from: usize, rows: u32 },
    /// Look one up.
    Find { target: Target },
    /// Give one another name.
    Rename {
        target: Target,
        seen: Seen,
        name: u8,
    },
    /// Remove one.
    Delete { target: Target, seen: Seen },
}

/// Which project a call is about; the number chooses among those there are.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Own(usize),
    Foreign(usize),
    Deleted(usize),
    Absent,
}

/// Which version of it the caller claims to have seen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen {
    Any,
    Current,
    Stale,
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        4 => (0..100_usize).prop_map(Target::Own),
        4 => (0..100_usize).prop_map(Target::Foreign),
        1 => (0..100_usize).prop_map(Target::Deleted),
        1 => Just(Target::Absent),
    ]
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![Just(Seen::Any), Just(Seen::Current), Just(Seen::Stale)]
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = proptest::option::weighted(0.7, 0..KEYS);
    let rows = 1..=PAGE_ROWS_MAX;
    prop_oneof![
        6 => (key, 0..NAMES).prop_map(|(key, name)| Operation::Create { key, name }),
        1 => rows.clone().prop_map(|rows| Operation::List { rows }),
        1 => (0..TENANTS, rows).prop_map(|(from, rows)| Operation::Borrow { from, rows }),
        2 => target().prop_map(|target| Operation::Find { target }),
        3 => (target(), seen(), 0..NAMES)
            .prop_map(|(target, seen, name)| Operation::Rename { target, seen, name }),
        3 => (target(), seen()).prop_map(|(target, seen)| Operation::Delete { target, seen }),
    ]
}

/// A call by any tenant, through any instance, in any version.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let version = prop_oneof![Just(Version::V1), Just(Version::V2)];
    let step = (0..TENANTS, 0..INSTANCES, version, operation());
    step.prop_map(|(tenant, instance, version, operation)| Step {
        tenant,
        instance,
        version,
        operation,
    })
}
