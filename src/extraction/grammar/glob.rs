//! Path patterns of a manifest: `*` within a segment, `**` across segments.

/// Whether `pattern` fits the whole of `path`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    segments(&pattern, &path)
}

fn segments(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skipped| segments(rest, &path[skipped..])),
        ([first, pattern @ ..], [segment, path @ ..]) => within(first, segment) && segments(pattern, path),
        _ => false,
    }
}

fn within(pattern: &str, segment: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == segment,
        Some((head, tail)) => segment.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|&at| rest.is_char_boundary(at))
                .any(|at| within(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stay_within_a_segment_and_double_stars_cross() {
        assert!(matches("**/tests/**", "tests/it/main.rs"));
        assert!(matches("**/*.test.*", "src/a/b.test.ts"));
        assert!(matches("**/*_test.go", "x_test.go"));
        assert!(!matches("*.ts", "src/a.ts"));
        assert!(!matches("**/tests/**", "src/contests/a.rs"));
    }
}
