//! Judging a limiter afterwards, by an exact log of what it admitted.

/// One request of a tenant and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// When it came, in microseconds of true time.
    pub at_us: u64,
    /// Whether it was admitted.
    pub admitted: bool,
}

/// What an exact log says about a limiter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The most that was admitted within any window, wherever it begins.
    pub worst: u64,
    /// Requests that were refused although the window before them had room.
    pub refused_wrongly: u64,
}

/// Looks at all windows of `window_us` that end with one of `requests`, which are in order.
pub fn judge(requests: &[Judged], window_us: u64, limit: u64) -> Verdict {
    let mut verdict = Verdict::default();
    let mut leaving = requests
        .iter()
        .filter(|request| request.admitted)
        .peekable();
    let mut within = 0_u64;
    for request in requests {
        // A window is open at its beginning: what came a whole window ago has left it.
        let left = |other: &&Judged| other.at_us + window_us <= request.at_us;
        while leaving.next_if(left).is_some() {
            within -= 1;
        }
        if request.admitted {
            within += 1;
            verdict.worst = verdict.worst.max(within);
        } else if within < limit {
            verdict.refused_wrongly += 1;
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(entries: &[(u64, bool)]) -> Vec<Judged> {
        let judged = |&(at_us, admitted)| Judged { at_us, admitted };
        entries.iter().map(judged).collect()
    }

    #[test]
    fn the_worst_window_begins_anywhere() {
        let requests = log(&[(0, true), (9, true), (10, true), (11, true), (19, true)]);
        assert_eq!(judge(&requests, 10, 2).worst, 3);
        assert_eq!(judge(&requests, 11, 2).worst, 4);
        assert_eq!(judge(&requests, 1, 2).worst, 1);
    }

    #[test]
    fn a_refusal_is_wrong_while_there_is_room() {
        let requests = log(&[(0, true), (5, false), (6, true), (7, false), (10, false)]);
        let verdict = judge(&requests, 10, 2);
        assert_eq!((verdict.worst, verdict.refused_wrongly), (2, 2));
    }
}
