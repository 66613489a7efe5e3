//! Who did what in a period.

use shared::tenant::Role;

use super::{PERIODS_DAYS, Param, ReportType, Shape};

pub(super) const TYPE: ReportType = ReportType {
    name: "audit_extract",
    title: "Audit extract",
    description: "Who logged in, and who changed what about people, in a period, newest first. \
                  For admins and owners.",
    role: Role::Admin,
    params: &[
        Param::TITLE,
        Param {
            name: "period",
            description: "Which time, in UTC and counted from the order; last_30_days without it.",
            shape: Shape::Period {
                days: PERIODS_DAYS,
                months: true,
            },
        },
    ],
};
