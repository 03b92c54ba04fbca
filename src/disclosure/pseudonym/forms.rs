//! Singular and plural, regular and undone exactly.

/// Takes a regular plural apart; `None` for a word that is none, or that [`plural`] would not make again.
pub(super) fn singular(word: &str) -> Option<String> {
    let kept = ["ss", "us", "is", "os", "as"];
    if word.len() < 4 || !word.ends_with('s') || kept.iter().any(|end| word.ends_with(end)) {
        return None;
    }
    let stem = match word.strip_suffix("ies") {
        Some(stem) if word.len() > 4 => format!("{stem}y"),
        _ => {
            let long = ["xes", "ches", "shes", "sses", "zes"]
                .iter()
                .any(|end| word.ends_with(end));
            word[..word.len() - if long { 2 } else { 1 }].to_owned()
        }
    };
    (plural(&stem) == word).then_some(stem)
}

/// The regular plural of a word in small letters.
pub(super) fn plural(stem: &str) -> String {
    let bytes = stem.as_bytes();
    let before = bytes.len().checked_sub(2).and_then(|at| bytes.get(at));
    if stem.ends_with('y') && before.is_some_and(|b| !b"aeiou".contains(b)) {
        return format!("{}ies", &stem[..stem.len() - 1]);
    }
    let long = ["s", "x", "z", "ch", "sh"].iter().any(|end| stem.ends_with(end));
    format!("{stem}{}", if long { "es" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plural_is_taken_apart_only_if_it_can_be_made_again() {
        for (many, one) in [
            ("ledgers", "ledger"),
            ("companies", "company"),
            ("boxes", "box"),
            ("keys", "key"),
        ] {
            assert_eq!(singular(many).as_deref(), Some(one));
            assert_eq!(plural(one), many);
        }
        for none in ["status", "class", "acme", "ms", "analysis", "alias"] {
            assert_eq!(singular(none), None, "{none}");
        }
    }
}
