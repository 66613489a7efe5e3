//! How fast and how cheap the functions are, measured beside what users would pick instead.
//!
//! | module | what it is |
//! |---|---|
//! | `world` | PostgreSQL, `DynamoDB` and tenants with rows, the same for every program |
//! | `lambda` | one instance of a program under the Lambda Runtime API, and what it uses |
//! | `entrants` | the programs that are measured |
//! | `peers` | the Python programs among them: installed, and with a Redis beside them |
//! | `uvicorn` | one of them as its users run it outside Lambda |
//! | `contest` | warm calls, cold starts, calls per second |
//! | `report` | what was found: tables, chart, and what it must show |
//! | `run` | a whole run |
//! | `scale` | the statements of the hot paths with a hundred times the tenants, or rows |
//! | `pdf` | reports of fifty to a million rows, beside what makes them otherwise |
//! | `counts` | instructions of the hot paths |
//! | `sizes` | bytes of the functions' zips |
//! | `budgets` | what instructions and bytes may be, as committed |
//! | `simulate` | how it scales: the limiter, the queue and the cost, by simulation |
//! | `stats` | medians and their spread |

pub mod budgets;
pub mod contest;
pub mod counts;
pub mod entrants;
pub mod lambda;
pub mod pdf;
pub mod peers;
pub mod report;
pub mod run;
pub mod scale;
pub mod simulate;
pub mod sizes;
pub mod stats;
pub mod uvicorn;
pub mod world;
