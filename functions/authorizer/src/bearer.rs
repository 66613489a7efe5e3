//! The token in `Authorization: Bearer <token>` (RFC 6750, section 2.1).

/// The longest header that is looked at, in bytes. A token of ours has less than 1 KiB.
pub const HEADER_BYTES_MAX: usize = 4_096;

/// The token of a header; `None` when it is of another scheme, empty, or too long.
pub fn token(header: &str) -> Option<&str> {
    if header.len() > HEADER_BYTES_MAX {
        return None;
    }
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_has_no_case_and_must_be_there() {
        for header in ["Bearer abc", "bearer abc", "BEARER  abc", " Bearer abc "] {
            assert_eq!(token(header), Some("abc"), "for {header:?}");
        }
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "abc",
            "Basic abc",
            "Bearerabc",
            "\u{e9} abc",
        ] {
            assert_eq!(token(header), None, "for {header:?}");
        }
        let long = format!("Bearer {}", "a".repeat(HEADER_BYTES_MAX));
        assert_eq!(token(&long), None);
    }
}
