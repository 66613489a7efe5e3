//! How much memory processes take, seen from outside.

use std::{collections::BTreeMap, fs};

/// The memory of a process and all its descendants in KiB, by the names of their programs.
///
/// Each takes its proportional set size: what several share counts once in the sum.
pub(crate) fn of_tree(root: u32) -> BTreeMap<String, u64> {
    let parents = parents();
    let mut sums = BTreeMap::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        next.extend(parents.iter().filter(|(_, of)| *of == pid).map(|one| one.0));
        // One that has ended since takes nothing.
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let size = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let size = size.map_or(0, |text| {
            text.trim_end_matches("kB").trim().parse().unwrap()
        });
        *sums.entry(name.trim().to_owned()).or_default() += size;
    }
    sums
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let with_parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // Behind the program's name, which may hold anything: the state, and then the parent.
        let (_, rest) = stat.rsplit_once(')')?;
        let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
        Some((pid, parent))
    };
    pids.filter_map(with_parent).collect()
}
