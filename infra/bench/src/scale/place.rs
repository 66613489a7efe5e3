//! Whose rows a call is about. Identities follow from numbers, so that nobody has to look them up.

use shared::ids::TenantId;
use shared::tenant::Tenant;
use uuid::Uuid;

use crate::simulate::random::Random;

/// One more tenant, beyond those that are all alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extra {
    /// How many places after the last of those.
    pub(super) after: u64,
    /// Its rows of each kind.
    pub(super) rows: u64,
    /// Its members, each with [`SESSIONS`] sessions.
    pub(super) members: u64,
    /// The number of its first row; those of others are below.
    pub(super) first: u64,
}

/// The tenant that is compared with.
pub(super) const SMALL: Extra = Extra {
    after: 1,
    rows: 1_000,
    members: 10,
    first: 100_000_000,
};
/// The tenant with a hundred times more.
pub(super) const LARGE: Extra = Extra {
    after: 2,
    rows: 100_000,
    members: 1_000,
    first: 200_000_000,
};
/// Sessions of each member.
pub(super) const SESSIONS: u64 = 2;

/// Tenants to draw from, and which rows each of them has: those numbered `first + k * step + n`
/// for its own number `n` and each `k` below `rows`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    lowest: u64,
    tenants: u64,
    rows: u64,
    step: u64,
    first: u64,
    members: u64,
}

/// A tenant that was drawn, and one of its rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    /// The tenant.
    pub(super) tenant: Tenant,
    /// The identity of one of its projects, reports and events.
    pub(super) row: Uuid,
    /// The identity of one of its sessions.
    pub(super) session: Uuid,
}

impl Place {
    /// Any of `tenants` tenants of `rows` rows.
    pub(super) fn any(tenants: u64, rows: u64) -> Self {
        Self {
            lowest: 1,
            tenants,
            rows,
            step: tenants,
            first: 0,
            members: 1,
        }
    }

    /// One of the tenants beyond `tenants`.
    pub(super) fn one(tenants: u64, extra: Extra) -> Self {
        Self {
            lowest: tenants + extra.after,
            tenants: 1,
            rows: extra.rows,
            step: 1,
            // Its rows are numbered without its own number.
            first: extra.first - (tenants + extra.after),
            members: extra.members,
        }
    }

    /// Draws a tenant and a row.
    pub(super) fn draw(self, random: &mut Random) -> Drawn {
        let number = self.lowest + random.below(self.tenants);
        let row = self.first + random.below(self.rows) * self.step + number;
        let session = random.below(self.members * SESSIONS);
        Drawn {
            tenant: Tenant::vouched_for(TenantId::from(identity(0, number))),
            row: identity(row, number),
            session: identity(session, number),
        }
    }
}

/// The identity of the row `row` of the tenant `tenant`, in the form of a `UUIDv7`. The tenant's
/// own is that of its row 0.
pub(super) fn identity(row: u64, tenant: u64) -> Uuid {
    const EPOCH_MS: u64 = 1_700_000_000_000;
    const VERSION: u128 = 0x7000;
    const VARIANT: u128 = 0x8000;
    let high = (u128::from(EPOCH_MS + row) << 16) | VERSION;
    Uuid::from_u128((high << 64) | (VARIANT << 48) | u128::from(tenant))
}

/// The same for the server, as a function of its own for as long as the connection lasts.
pub(super) const IDENTITY: &str = "
CREATE FUNCTION pg_temp.identity(number bigint, tenant bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE
RETURN (lpad(to_hex(1700000000000 + number), 12, '0') || '70008000' || lpad(to_hex(tenant), 12, '0'))::uuid";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_drawn_is_one_of_its_tenant() {
        let mut random = Random::new(1);
        for _ in 0..1_000 {
            let drawn = Place::any(10, 3).draw(&mut random);
            let number = drawn.tenant.id().as_uuid().as_u128() & 0xffff_ffff;
            let rows = (0..3).map(|k| k * 10 + u64::try_from(number).unwrap_or(0));
            let mut own = rows.map(|row| identity(row, u64::try_from(number).unwrap_or(0)));
            assert!(own.any(|row| row == drawn.row), "{drawn:?}");
        }
        let large = Place::one(10, LARGE).draw(&mut random);
        let rows = LARGE.first..LARGE.first + LARGE.rows;
        assert!(
            rows.map(|row| identity(row, 12))
                .any(|row| row == large.row)
        );
    }

    #[test]
    fn an_identity_has_the_form_of_its_version() {
        let text = identity(5, 3).to_string();
        assert_eq!(text, "018bcfe5-6805-7000-8000-000000000003");
    }
}
