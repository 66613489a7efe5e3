//! What each tenant has, as it should be.

use std::collections::HashMap;

use serde_json::{Value, json};
use testkit::Caller;

use super::operation::{Seen, Target, Version};
use crate::uuid;

/// A project as its tenant should see it.
#[derive(Debug, Clone)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: u32,
}

impl Project {
    /// Whether this is how a version of the API shows it.
    pub(super) fn is_shown_by(&self, shown: &Value, version: Version) -> bool {
        let named = json!({ "id": self.id, "name": self.name });
        match version {
            Version::V1 => *shown == named,
            Version::V2 => {
                shown["id"] == named["id"]
                    && shown["name"] == named["name"]
                    && shown["status"] == "active"
                    && shown["description"] == ""
            }
        }
    }

    pub(super) fn tag(&self) -> String {
        format!("\"{}\"", self.version)
    }
}

/// An answer that was kept under a key, and the request that it answers.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) request: String,
    pub(super) body: Vec<u8>,
}

/// A tenant, and all that belongs to it.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) caller: Caller,
    /// Oldest first.
    pub(super) projects: Vec<Project>,
    pub(super) deleted: Vec<String>,
    pub(super) kept: HashMap<String, Kept>,
}

impl Tenant {
    pub(super) fn new(caller: Caller) -> Self {
        Self {
            caller,
            projects: Vec::new(),
            deleted: Vec::new(),
            kept: HashMap::new(),
        }
    }

    /// Events that should be in the outbox: one for each project made, one for each removed.
    pub(super) fn events(&self) -> i64 {
        i64::try_from(self.projects.len() + 2 * self.deleted.len()).unwrap()
    }
}

/// A project chosen for a call: its id, the version that the model knows, and whether it is the
/// caller's.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) id: String,
    pub(super) version: u32,
    /// Its place among the caller's own.
    pub(super) own: Option<usize>,
}

impl Chosen {
    fn of(projects: &[&Project], number: usize) -> Option<Self> {
        let project = projects.get(number.checked_rem(projects.len())?)?;
        Some(Self {
            id: project.id.clone(),
            version: project.version,
            own: None,
        })
    }

    /// The same call about something that never was.
    pub(super) fn absent(&self) -> Self {
        Self {
            id: uuid(),
            own: None,
            ..*self
        }
    }

    pub(super) fn if_match(&self, seen: Seen) -> String {
        match seen {
            Seen::Any => "*".to_owned(),
            Seen::Current => format!("\"{}\"", self.version),
            Seen::Stale => format!("\"{}\"", self.version + 1),
        }
    }
}

/// Chooses for the tenant `by`. Where there is none of the kind, it is one that never was.
pub(super) fn choose(tenants: &[Tenant], by: usize, target: &Target) -> Chosen {
    let of = |own: bool| {
        let mut projects = Vec::new();
        for (number, tenant) in tenants.iter().enumerate() {
            if (number == by) == own {
                projects.extend(&tenant.projects);
            }
        }
        projects
    };
    let chosen = match *target {
        Target::Own(number) => Chosen::of(&of(true), number).map(|chosen| Chosen {
            own: number.checked_rem(tenants[by].projects.len()),
            ..chosen
        }),
        Target::Foreign(number) => Chosen::of(&of(false), number),
        Target::Deleted(number) => {
            let gone = &tenants[by].deleted;
            let place = number.checked_rem(gone.len());
            place.map(|place| Chosen {
                id: gone[place].clone(),
                version: 1,
                own: None,
            })
        }
        Target::Absent => None,
    };
    chosen.unwrap_or_else(|| Chosen {
        id: uuid(),
        version: 1,
        own: None,
    })
}
