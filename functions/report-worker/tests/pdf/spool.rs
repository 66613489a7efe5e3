//! Rows come out of the spool as they went in, from memory and from a file.

use std::{fs, process};

use report_worker::{
    pdf::{Limit, RenderError},
    report::{CELL_BYTES_MAX, Row, RowSource, RowSpool, SPOOL_MEMORY_BYTES},
};

fn read_all(source: &mut dyn RowSource) -> Vec<Vec<String>> {
    source.rewind().unwrap();
    let (mut row, mut rows) = (Row::new(), Vec::new());
    while source.next_row(&mut row).unwrap() {
        rows.push(row.cells().map(str::to_owned).collect());
    }
    rows
}

#[test]
fn rows_can_be_read_twice_wherever_they_are() {
    for number in [0, 3, 3 * SPOOL_MEMORY_BYTES / 1000] {
        let rows: Vec<Vec<String>> = (0..number)
            .map(|index| vec![index.to_string(), "é".repeat(index % 500), String::new()])
            .collect();
        let mut spool = RowSpool::new(u32::MAX);
        for row in &rows {
            spool.push(row.iter().map(String::as_str)).unwrap();
        }
        let mut spooled = spool.finish().unwrap();
        assert_eq!(spooled.len(), u32::try_from(number).unwrap());
        assert!(read_all(&mut spooled) == rows);
        assert!(read_all(&mut spooled) == rows);
    }
}

#[test]
fn the_file_has_no_name() {
    let mut spool = RowSpool::new(u32::MAX);
    let cell = "x".repeat(CELL_BYTES_MAX);
    for _ in 0..=SPOOL_MEMORY_BYTES / CELL_BYTES_MAX {
        spool.push([cell.as_str()]).unwrap();
    }
    let own = format!("report-rows-{}-", process::id());
    let names = fs::read_dir(std::env::temp_dir()).unwrap();
    let mut names = names.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    assert!(!names.any(|name| name.starts_with(&own)));
    assert!(spool.finish().unwrap().next_row(&mut Row::new()).is_ok());
}

#[test]
fn long_cells_are_cut_and_further_rows_refused() {
    let mut spool = RowSpool::new(1);
    spool
        .push(["ж".repeat(CELL_BYTES_MAX).as_str(), "next"])
        .unwrap();
    let error = spool.push(["one too many"]).unwrap_err();
    assert!(
        matches!(
            error,
            RenderError::TooLarge {
                limit: Limit::Rows,
                max: 1
            }
        ),
        "{error}"
    );
    let rows = read_all(&mut spool.finish().unwrap());
    assert!(rows[0][0].len() <= CELL_BYTES_MAX && rows[0][0].ends_with("ж…"));
    assert_eq!(rows[0][1], "next");
}
