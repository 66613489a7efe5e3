//! How the product scales, by simulation and arithmetic: what cannot be run on one machine.
//!
//! | module | what it is |
//! |---|---|
//! | `limiter` | the product's own limiter on up to 1,000 instances, over a table in simulated time |
//! | `queue` | who waits for whom when one tenant has thousands of reports waiting |
//! | `cost` | what each part is asked for at each size, what it costs, and what gives way first |
//! | `random`, `text`, `docs` | seeded numbers, tables, and their places in `docs/scale.md` |
//!
//! Nothing here measures time: equal seeds give equal output.

pub mod cost;
pub mod docs;
pub mod limiter;
pub mod queue;
pub mod random;
pub mod text;

pub use docs::PageError;

/// The seed of the figures in `docs/scale.md`.
pub const SEED: u64 = 2_026;

/// What can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The limiter on many instances.
    Limiter,
    /// The queue of reports.
    Queue,
    /// Capacity and cost.
    Cost,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Limiter, Self::Queue, Self::Cost];

    /// Its word on the command line and in `docs/scale.md`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Limiter => "limiter",
            Self::Queue => "queue",
            Self::Cost => "cost",
        }
    }

    /// The part with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// Runs it, and gives its tables.
    pub fn tables(self, seed: u64) -> Result<String, SimulationError> {
        match self {
            Self::Limiter => Ok(limiter::report::tables(seed)?),
            Self::Queue => Ok(queue::report::tables(seed)),
            Self::Cost => Ok(cost::report::tables()),
        }
    }
}

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The limiter asked its table for something that the simulated one does not know.
    #[error(transparent)]
    Limiter(#[from] shared::limits::LimiterError),
    /// The tables are made, and the page cannot be.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The command line is none of ours.
    #[error("usage: bench simulate [limiter|queue|cost] [--seed NUMBER] [--write | --check]")]
    Usage,
}

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    parts: Vec<Part>,
    seed: u64,
    page: Page,
}

/// What is done with `docs/scale.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Leave,
    Write,
    Check,
}

impl Request {
    /// Reads the words after `bench simulate`.
    pub fn read(words: impl IntoIterator<Item = String>) -> Result<Self, SimulationError> {
        let mut request = Self {
            parts: Vec::new(),
            seed: SEED,
            page: Page::Leave,
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word == "--write" {
                request.page = Page::Write;
            } else if word == "--check" {
                request.page = Page::Check;
            } else if word == "--seed" {
                let seed = words.next().and_then(|seed| seed.parse().ok());
                request.seed = seed.ok_or(SimulationError::Usage)?;
            } else {
                let part = Part::named(&word).ok_or(SimulationError::Usage)?;
                request.parts.push(part);
            }
        }
        if request.parts.is_empty() {
            request.parts.extend(Part::ALL);
        }
        Ok(request)
    }

    /// Runs what was asked for and gives the text to print.
    ///
    /// With `--write` the tables go into `docs/scale.md` as well; with `--check` it is an error
    /// when they are not there.
    pub fn run(&self) -> Result<String, SimulationError> {
        let mut text = String::new();
        for part in &self.parts {
            let tables = part.tables(self.seed)?;
            match self.page {
                Page::Leave => {}
                Page::Write => docs::write(*part, &tables)?,
                Page::Check => docs::check(*part, &tables)?,
            }
            text.extend(["# ", part.name(), "\n\n", &tables, "\n"]);
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Request, SimulationError> {
        Request::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_read() {
        assert_eq!(read("").unwrap().parts, Part::ALL);
        let request = read("queue cost --seed 7 --write").unwrap();
        assert_eq!(request.parts, [Part::Queue, Part::Cost]);
        assert_eq!((request.seed, request.page), (7, Page::Write));
        assert_eq!(read("--check").unwrap().page, Page::Check);
        for wrong in ["tenants", "--seed", "--seed x", "limiter --wrote"] {
            assert!(read(wrong).is_err(), "{wrong} is no command line");
        }
    }
}
