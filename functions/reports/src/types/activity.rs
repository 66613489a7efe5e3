//! What happened in a period.

use shared::tenant::Role;

use super::{PERIODS_DAYS, Param, ReportType, Shape};

pub(super) const TYPE: ReportType = ReportType {
    name: "activity",
    title: "Activity",
    description: "What happened in a period, newest first: projects, reports and the plan.",
    role: Role::Member,
    params: &[
        Param::TITLE,
        Param {
            name: "period",
            description: "Which time, in UTC and counted from the order; last_30_days without it.",
            // Events are kept for 100 days: a month further back would be shown as empty.
            shape: Shape::Period {
                days: PERIODS_DAYS,
                months: false,
            },
        },
    ],
};
