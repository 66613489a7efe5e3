//! How a stack is to run.

use std::{collections::BTreeMap, path::PathBuf};

/// What differs from one stack to another.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The folder for all that the stack keeps; made when it is not there.
    pub dir: PathBuf,
    /// Whether to find the data of an earlier stack on the folder; `false` begins with none.
    pub durable: bool,
    /// The gateway's port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The folder with the functions' programs.
    pub programs: PathBuf,
    /// Whether queues and the clock start functions; `false` leaves that to whoever calls them.
    pub triggers: bool,
    /// Parameters of the template, beside those that a stack on one machine always sets.
    pub parameters: BTreeMap<String, String>,
    /// Whether to note what the functions call, see [`Stack::calls`](super::Stack::calls).
    pub witnessed: bool,
    /// Is told what has been done, one line at a time.
    pub progress: fn(&str),
}
