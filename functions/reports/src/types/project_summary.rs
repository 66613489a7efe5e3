//! All projects.

use shared::tenant::Role;

use super::{Param, ReportType, Shape};

pub(super) const TYPE: ReportType = ReportType {
    name: "project_summary",
    title: "Project summary",
    description: "All projects, newest first, with figures and how many were made in each month.",
    role: Role::Member,
    params: &[
        Param::TITLE,
        Param {
            name: "status",
            description: "Which projects; all without it.",
            shape: Shape::Word(&["active", "archived"]),
        },
    ],
};
