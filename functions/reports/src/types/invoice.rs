//! What a month costs.

use shared::tenant::Role;

use super::{Param, ReportType, Shape};

pub(super) const TYPE: ReportType = ReportType {
    name: "invoice",
    title: "Invoice",
    description: "What a month costs at the plan in force, line by line; a draft while the month \
                  goes on.",
    role: Role::Member,
    params: &[
        Param::TITLE,
        Param {
            name: "period",
            description: "Which month, in UTC; this_month without it.",
            shape: Shape::Period {
                days: &[],
                months: true,
            },
        },
    ],
};
