//! What each part is asked for as tenants and requests grow, what that costs, and what gives way
//! first.
//!
//! Arithmetic on three lists: the assumptions (`load`), the prices (`prices`) and the limits
//! (`walls`). What the deployment itself sets is checked against `template.yaml` by a test.

pub mod load;
pub mod parts;
pub mod prices;
pub mod report;
pub mod walls;
