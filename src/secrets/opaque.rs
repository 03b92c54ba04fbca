//! Telling values that a machine drew or a person chose as a secret from names, words, paths and placeholders.

use std::ops::Range;

/// For each letter, the letters that follow it in nearly all English words and identifiers: about half of all pairs.
const FOLLOWERS: [&[u8]; 26] = [
    b"abcdefgiklmnprstuvwxy",
    b"abcdefijlorstuy",
    b"abcdefhiklmoprstuy",
    b"abcdefgilorstuvy",
    b"abcdefgiklmnopqrstuvwxy",
    b"abcdefgilmorstuy",
    b"aeghilmnorstu",
    b"adeimorstu",
    b"abcdefgklmnoprstvxz",
    b"e",
    b"aeis",
    b"acdefilopstuy",
    b"abcdeimopstu",
    b"acdefgiklnoprstuvwy",
    b"abcdefgiklmnoprstuvwx",
    b"acehiloprstuy",
    b"u",
    b"acdefgiklmnoprstuvwy",
    b"acefghiklmnoprstuwy",
    b"acdefhilmoprstuwxy",
    b"abcdefgilmnprst",
    b"aeio",
    b"aehinorsw",
    b"acdefiptxyz",
    b"eimnopstwxyz",
    b"aeixyz",
];

/// Parts of values that stand for a value.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "change_this",
    "your_",
    "your-",
    "yourapi",
    "yourkey",
    "yourtoken",
    "yoursecret",
    "yourpass",
    "my_secret",
    "my-secret",
    "my_token",
    "my-token",
    "my_api",
    "my-api",
    "myapikey",
    "insert_",
    "insert-",
    "inserthere",
    "replace_",
    "replace-",
    "replaceme",
    "redacted",
    "xxxx",
    "****",
    "00000000",
    "todo",
    "dummy",
    "notreal",
    "not-real",
    "not_real",
    "some_",
    "some-",
    "undefined",
    "<",
    ">",
    "${",
    "{{",
    "$(",
    "%(",
    "#{",
    "...",
];

/// Words that are written where a password belongs.
const WEAK: &[&str] = &[
    "api_key",
    "apikey",
    "bar",
    "env",
    "false",
    "foo",
    "foobar",
    "key",
    "none",
    "null",
    "p4ssw0rd",
    "p@ssw0rd",
    "p@ssword",
    "pass",
    "passphrase",
    "passw0rd",
    "passwd",
    "password",
    "pw",
    "pwd",
    "string",
    "test",
    "token",
    "true",
    "user",
    "username",
    "value",
];

/// Whether `value` is what documentation shows in place of a value.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let lowered = value.to_ascii_lowercase();
    let says_so = PLACEHOLDERS
        .iter()
        .any(|word| lowered.windows(word.len()).any(|window| window == word.as_bytes()));
    says_so || is_repetitive(value)
}

/// Whether one character, or one short group, makes up the value.
pub(super) fn is_repetitive(value: &[u8]) -> bool {
    let tail = &value[value.len() / 3..];
    tail.len() >= 6 && (1..=4).any(|period| tail.iter().zip(&tail[period..]).all(|(a, b)| a == b))
}

/// Whether `value` counts up through the alphabet or the digits, as made-up values do; a long one of both is taken for a value nevertheless.
pub(super) fn is_sequence(value: &[u8]) -> bool {
    let steps = value
        .windows(2)
        .filter(|pair| pair[1].wrapping_sub(pair[0]) == 1)
        .count();
    let short = value.len() < 24 || !value.iter().any(u8::is_ascii_digit);
    short && value.len() >= 6 && steps * 10 >= value.len() * 6
}

/// Shannon entropy in bits a character.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    value.iter().for_each(|&b| counts[usize::from(b)] += 1);
    let len = value.len() as f64;
    counts
        .iter()
        .filter(|&&n| n > 0)
        .map(|&n| f64::from(n) / len)
        .map(|p| -p * p.log2())
        .sum()
}

/// Whether a machine drew `value`: most of it is neither word, number, name nor path.
pub(super) fn is_opaque(value: &[u8]) -> bool {
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let digits = value.iter().any(u8::is_ascii_digit);
    if !letters || value.len() < 8 || is_placeholder(value) || is_url(value) || is_number(value) || entropy(value) < 2.8
    {
        return false;
    }
    if is_uuid(value) {
        return true;
    }
    let odd: usize = segments(value).filter(|segment| is_odd(segment)).map(<[u8]>::len).sum();
    // Without a digit only a long value can be told from an unusual name.
    odd >= 8 && odd * 2 >= value.len() && (digits || odd >= 20)
}

/// Whether `value`, which stands where a vendor's value does and has its length, is not merely a name.
///
/// More lenient than [`is_opaque`]: one value in twenty that a machine drew has few digits and unremarkable letters.
pub(super) fn is_random(value: &[u8]) -> bool {
    let digits = value.iter().any(u8::is_ascii_digit);
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let strange = strangeness(value);
    let every_class = digits && value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let drawn = is_uuid(value)
        || every_class
        || if digits && letters {
            strange >= 0.1 || segments(value).any(is_odd)
        } else {
            letters && strange >= 0.2
        };
    drawn && !is_repetitive(value) && !is_url(value) && entropy(value) >= 2.3
}

/// Whether the value at `span`, given to a name that says password, is one.
///
/// In code a password is a string literal; an unquoted word is a variable, unless it has the look of a password and the rest of the line to itself.
pub(super) fn is_password(text: &[u8], span: &Range<usize>) -> bool {
    let value = &text[span.clone()];
    let quoted = matches!(text[..span.start].last(), Some(b'"' | b'\'' | b'`'))
        && text.get(span.end) == text.get(span.start - 1);
    let ends_line = text[span.end..]
        .iter()
        .find(|b| !matches!(b, b' ' | b'\t' | b'\r'))
        .is_none_or(|b| *b == b'\n');
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    let special = has(|b| {
        matches!(
            b,
            b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'*' | b'?' | b'~' | b'+' | b'&'
        )
    });
    let digit = has(u8::is_ascii_digit);
    let time = value[0].is_ascii_digit()
        && value
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b'T' | b'Z' | b':' | b'.' | b'+' | b'-'));
    if time || !has(u8::is_ascii_alphabetic) || is_stand_in(value) || is_url(value) {
        return false;
    }
    if quoted {
        let code = has(|b| matches!(b, b'(' | b')' | b'{' | b'}' | b'[' | b']' | b'|' | b'\\'));
        // Elsewhere letters with digits behind them are a name; here they are what a person thought of.
        return !code
            && (digit || special)
            && distinct(value) >= 5
            && !is_compound_name(value)
            && !is_percent_encoded(value);
    }
    let chosen = value.iter().all(|b| {
        b.is_ascii_graphic()
            && !matches!(
                b,
                b'(' | b')'
                    | b'{'
                    | b'}'
                    | b'['
                    | b']'
                    | b','
                    | b';'
                    | b'|'
                    | b'&'
                    | b'"'
                    | b'\''
                    | b'/'
                    | b':'
                    | b'\\'
            )
    });
    ends_line
        && chosen
        && !is_percent_encoded(value)
        && (is_opaque(value) || (special && digit && value.len() >= 8 && !value.starts_with(b"$")))
}

/// Whether `value` is a word that stands for a password, or a reference to where it is kept.
pub(super) fn is_stand_in(value: &[u8]) -> bool {
    let reference = matches!(
        value.first(),
        Some(b'$' | b'%' | b'{' | b'<' | b'[' | b'*' | b'#' | b'@')
    ) && !value.iter().any(u8::is_ascii_digit);
    let expression = value
        .windows(2)
        .any(|pair| matches!(pair, b"${" | b"{{" | b"$(" | b"%(" | b"%s" | b"{}"));
    let lowered = value.to_ascii_lowercase();
    let constant = value.contains(&b'_')
        && value
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    reference || expression || constant || is_placeholder(value) || WEAK.iter().any(|weak| lowered == weak.as_bytes())
}

fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    value.iter().for_each(|&b| seen[usize::from(b)] = true);
    seen.iter().filter(|seen| **seen).count()
}

/// Whether `value` is words and numbers joined as in names and paths, with little else.
fn is_compound_name(value: &[u8]) -> bool {
    let path = value.contains(&b'/');
    let joined = value.iter().all(|b| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.') || (path && matches!(b, b'/' | b'#' | b'@' | b':'))
    });
    let odd: usize = segments(value).filter(|segment| is_odd(segment)).map(<[u8]>::len).sum();
    joined && segments(value).count() >= 2 && odd * 3 < value.len()
}

/// Whether the only special characters are those of percent encoding.
fn is_percent_encoded(value: &[u8]) -> bool {
    let escapes = value
        .windows(3)
        .filter(|part| part[0] == b'%' && part[1].is_ascii_hexdigit() && part[2].is_ascii_hexdigit())
        .count();
    escapes > 0 && escapes == value.iter().filter(|b| **b == b'%').count()
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, b)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                *b == b'-'
            } else {
                b.is_ascii_hexdigit()
            }
        })
}

/// Whether `value` is a number of a programming language: `0x0cce_923f`, `251658240i32`, `1.5e-10f`.
fn is_number(value: &[u8]) -> bool {
    let hex = value.len() <= 22
        && value.strip_prefix(b"0x").is_some_and(|digits| {
            digits
                .iter()
                .all(|b| b.is_ascii_hexdigit() || matches!(b, b'_' | b'u' | b'U' | b'l' | b'L'))
        });
    let digits = value
        .iter()
        .take_while(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.'))
        .count();
    let suffix = &value[digits..];
    hex || (digits > 0
        && (suffix.is_empty()
            || [
                &b"i8"[..],
                b"i16",
                b"i32",
                b"i64",
                b"u8",
                b"u16",
                b"u32",
                b"u64",
                b"usize",
                b"isize",
                b"f32",
                b"f64",
            ]
            .contains(&suffix)))
}

fn is_url(value: &[u8]) -> bool {
    value.windows(3).any(|window| window == b"://")
}

fn segments(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|b| !b.is_ascii_alphanumeric())
        .filter(|segment| !segment.is_empty())
}

/// Whether an alphanumeric segment is neither a word, nor words with a number, nor a number.
fn is_odd(segment: &[u8]) -> bool {
    let digits = segment.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == segment.len() {
        return false;
    }
    let changes = segment
        .windows(2)
        .filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit())
        .count();
    let strange = strangeness(segment);
    // `sha256`, `x86`, `utf8mb4` change at most three times; `ID3D11View` more often, but it is made of words.
    let mixed = (changes >= 4 && (digits * 5 >= segment.len() || strange >= 0.15))
        || (changes >= 2 && digits * 3 >= segment.len());
    let hex = segment.len() >= 16 && digits > 0 && segment.iter().all(u8::is_ascii_hexdigit);
    mixed || hex || strange >= if segment.len() < 12 { 0.3 } else { 0.2 }
}

/// The share of adjacent letters that are unusual neighbours, with a start of a word in camel case as no neighbour.
fn strangeness(segment: &[u8]) -> f64 {
    let (mut pairs, mut strange) = (0_u32, 0_u32);
    for pair in segment.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let same_word = !(a.is_ascii_lowercase() && b.is_ascii_uppercase());
        if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && same_word {
            pairs += 1;
            strange +=
                u32::from(!FOLLOWERS[usize::from(a.to_ascii_lowercase() - b'a')].contains(&b.to_ascii_lowercase()));
        }
    }
    if pairs < 5 {
        0.0
    } else {
        f64::from(strange) / f64::from(pairs)
    }
}
