//! What a month used of the plan.

use shared::tenant::Role;

use super::{Param, ReportType, Shape};

pub(super) const TYPE: ReportType = ReportType {
    name: "usage_statement",
    title: "Usage statement",
    description: "What a month used of each meter, what the plan in force includes of it, and \
                  what the rest costs.",
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
