//! What a match has to pass beyond its regex: checksums, decodable headers, shapes a regex cannot say.

use std::ops::Range;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{base64_runs, opaque};

/// The check a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    /// Base64 of `user:password`.
    BasicCredentials,
    /// A Bitcoin private key in wallet import format.
    Base58check,
    /// An address with a plausible top-level domain.
    Email,
    /// Six characters of base62-encoded CRC-32 at the end. A token that fails it has to look random instead.
    GithubCrc32,
    /// International bank account number.
    IbanMod97,
    /// A first part that decodes to a JSON object with `alg` or `typ`.
    JwtHeader,
    /// Payment card number that is no literal of a program.
    Luhn,
    /// Payment card number, wherever it stands.
    LuhnOnly,
    /// A value that no one would have named.
    Opaque,
    /// A value someone chose as password.
    Password,
    /// A PEM block with a body; the finding ends with it.
    Pem,
    /// A number with a country code that is in use.
    Phone,
    /// A value in a known place that is neither word nor name.
    Random,
    /// A social security number that can have been issued.
    Ssn,
    /// A password in a URL or a connection string that is no placeholder.
    UrlPassword,
}

impl Check {
    /// Judges the secret at `span` of `text`; the answer is where the finding is.
    pub(super) fn accept(self, text: &[u8], span: Range<usize>) -> Option<Range<usize>> {
        let secret = &text[span.clone()];
        let holds = match self {
            Self::BasicCredentials => basic_credentials(secret),
            Self::Base58check => base58check(secret),
            Self::Email => email(secret) && !is_attribution(text, &span),
            Self::GithubCrc32 => github_crc32(secret) || opaque::entropy(secret) >= 3.3,
            Self::IbanMod97 => iban(secret),
            Self::JwtHeader => jwt_header(secret),
            Self::Luhn => card(secret) && !is_number_in_code(text, &span),
            Self::LuhnOnly => card(secret),
            Self::Opaque => opaque::is_opaque(secret),
            Self::Password => opaque::is_password(text, &span),
            Self::Pem => return pem(text, span),
            Self::Phone => phone(secret),
            Self::Random => opaque::is_random(secret),
            Self::Ssn => ssn(secret),
            Self::UrlPassword => !opaque::is_stand_in(secret),
        };
        holds.then_some(span)
    }
}

fn digits(secret: &[u8]) -> Vec<u32> {
    secret
        .iter()
        .filter(|b| b.is_ascii_digit())
        .map(|b| u32::from(b - b'0'))
        .collect()
}

/// Luhn's checksum and an issuer's prefix of the right length.
fn card(secret: &[u8]) -> bool {
    let digits = digits(secret);
    let prefix = |len: usize| digits.iter().take(len).fold(0, |value, digit| value * 10 + digit);
    let issued = match digits.len() {
        13 | 19 => prefix(1) == 4 || (digits.len() == 19 && matches!(prefix(2), 50 | 56..=69)),
        14 => matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => prefix(1) == 4 || matches!(prefix(2), 35 | 50..=69) || matches!(prefix(4), 2200..=2204 | 2221..=2720),
        _ => false,
    };
    let varied = digits.iter().any(|digit| Some(digit) != digits.last());
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            if at % 2 == 0 {
                *digit
            } else {
                digit * 2 / 10 + digit * 2 % 10
            }
        })
        .sum();
    issued && varied && sum.is_multiple_of(10)
}

/// Whether the digits are a part of a longer literal or an element of a list of numbers.
fn is_number_in_code(text: &[u8], span: &Range<usize>) -> bool {
    let grouped = text[span.clone()].iter().any(|b| !b.is_ascii_digit());
    let part = matches!(
        text[..span.start].last(),
        Some(b'.' | b'_' | b'-' | b'+' | b'/' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
    );
    let goes_on = matches!(
        text.get(span.end),
        Some(b'_' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
    ) || (text.get(span.end) == Some(&b'.') && text.get(span.end + 1).is_some_and(u8::is_ascii_digit));
    let element = text.get(span.end) == Some(&b',') && text.get(span.end + 1).is_none_or(u8::is_ascii_whitespace);
    // Sixty-four-bit constants have nineteen digits more often than cards do.
    let constant = span.len() > 16 && !grouped;
    part || goes_on || constant || (element && !grouped)
}

/// ISO 13616: length of the country, and the rearranged number modulo 97.
fn iban(secret: &[u8]) -> bool {
    const LENGTHS: &[(&[u8; 2], usize)] = &[
        (b"AD", 24),
        (b"AE", 23),
        (b"AL", 28),
        (b"AT", 20),
        (b"AZ", 28),
        (b"BA", 20),
        (b"BE", 16),
        (b"BG", 22),
        (b"BH", 22),
        (b"BR", 29),
        (b"BY", 28),
        (b"CH", 21),
        (b"CR", 22),
        (b"CY", 28),
        (b"CZ", 24),
        (b"DE", 22),
        (b"DK", 18),
        (b"DO", 28),
        (b"EE", 20),
        (b"EG", 29),
        (b"ES", 24),
        (b"FI", 18),
        (b"FO", 18),
        (b"FR", 27),
        (b"GB", 22),
        (b"GE", 22),
        (b"GI", 23),
        (b"GL", 18),
        (b"GR", 27),
        (b"GT", 28),
        (b"HR", 21),
        (b"HU", 28),
        (b"IE", 22),
        (b"IL", 23),
        (b"IQ", 23),
        (b"IS", 26),
        (b"IT", 27),
        (b"JO", 30),
        (b"KW", 30),
        (b"KZ", 20),
        (b"LB", 28),
        (b"LC", 32),
        (b"LI", 21),
        (b"LT", 20),
        (b"LU", 20),
        (b"LV", 21),
        (b"LY", 25),
        (b"MC", 27),
        (b"MD", 24),
        (b"ME", 22),
        (b"MK", 19),
        (b"MR", 27),
        (b"MT", 31),
        (b"MU", 30),
        (b"NL", 18),
        (b"NO", 15),
        (b"PK", 24),
        (b"PL", 28),
        (b"PS", 29),
        (b"PT", 25),
        (b"QA", 29),
        (b"RO", 24),
        (b"RS", 22),
        (b"SA", 24),
        (b"SC", 31),
        (b"SE", 24),
        (b"SI", 19),
        (b"SK", 24),
        (b"SM", 27),
        (b"ST", 25),
        (b"SV", 28),
        (b"TL", 23),
        (b"TN", 24),
        (b"TR", 26),
        (b"UA", 29),
        (b"VA", 22),
        (b"VG", 24),
        (b"XK", 20),
    ];
    let number: Vec<u8> = secret
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_uppercase)
        .collect();
    if !LENGTHS
        .iter()
        .any(|(country, len)| number.starts_with(*country) && number.len() == *len)
    {
        return false;
    }
    let (head, body) = number.split_at(4);
    let remainder = body.iter().chain(head).fold(0, |value, byte| match byte {
        b'0'..=b'9' => (value * 10 + u32::from(byte - b'0')) % 97,
        _ => (value * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    remainder == 1
}

fn ssn(secret: &[u8]) -> bool {
    let digits = digits(secret);
    let part = |range: Range<usize>| digits[range].iter().fold(0, |value, digit| value * 10 + digit);
    digits.len() == 9 && !matches!(part(0..3), 0 | 666 | 900..=999) && part(3..5) != 0 && part(5..9) != 0
}

fn phone(secret: &[u8]) -> bool {
    const CODES: &[u32] = &[
        1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
        60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    ];
    let digits = digits(secret);
    let code = |len: usize| digits.iter().take(len).fold(0, |value, digit| value * 10 + digit);
    let in_use = CODES.contains(&code(1))
        || CODES.contains(&code(2))
        || matches!(code(3), 211..=299 | 350..=389 | 420..=423 | 500..=509 | 590..=599 | 670..=692 | 850..=886 | 960..=998);
    // 555-01xx is kept free for fiction.
    let fictional = digits.windows(5).any(|window| window == [5, 5, 5, 0, 1]);
    let varied = (0..10).filter(|digit| digits.contains(digit)).count() >= 4;
    let length = if matches!(digits.first(), Some(1 | 7)) {
        11..=11
    } else {
        10..=15
    };
    let date = secret.len() > 6 && secret[secret.len() - 6] == b'-' && secret[secret.len() - 3] == b'-';
    length.contains(&digits.len()) && in_use && !fictional && varied && !date
}

/// Whether an address is how somebody signs published work: beside `Copyright` or `Author`, in a list of authors, in the text of a licence.
fn is_attribution(text: &[u8], span: &Range<usize>) -> bool {
    const SIGNS: [&[u8]; 11] = [
        b"copyright",
        b"(c) ",
        b"author",
        b"maintainer",
        b"contributor",
        b"contributed",
        b"signed-off-by",
        b"co-authored-by",
        b"spdx-",
        b"licens",
        b"warrant",
    ];
    const AROUND: usize = 240;
    const LIST: usize = 4_000;
    let has = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    let around = &text[span.start.saturating_sub(AROUND)..(span.end + AROUND / 2).min(text.len())];
    if SIGNS.iter().any(|sign| has(around, sign)) {
        return true;
    }
    let before = &text[span.start.saturating_sub(LIST)..span.start];
    let list = before.iter().rposition(|b| matches!(b, b'[' | b']'));
    list.is_some_and(|at| before[at] == b'[' && has(&before[at.saturating_sub(24)..at], b"authors"))
}

fn email(secret: &[u8]) -> bool {
    /// File names such as `icon@2x.png` have the form of an address.
    const FILES: &[&[u8]] = &[
        b"png",
        b"jpg",
        b"jpeg",
        b"gif",
        b"svg",
        b"webp",
        b"css",
        b"js",
        b"ts",
        b"jsx",
        b"tsx",
        b"json",
        b"html",
        b"rs",
        b"py",
        b"rb",
        b"go",
        b"java",
        b"sh",
        b"md",
        b"txt",
        b"yml",
        b"yaml",
        b"toml",
        b"lock",
        b"xml",
        b"service",
        b"socket",
        b"git",
        b"example",
        b"test",
        b"invalid",
        b"localhost",
        b"local",
    ];
    let Some(domain) = secret
        .iter()
        .rposition(|b| *b == b'@')
        .map(|at| secret[at + 1..].to_ascii_lowercase())
    else {
        return false;
    };
    let last = domain.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let letters = last.iter().all(u8::is_ascii_alphabetic);
    let empty_label = domain
        .split(|b| *b == b'.')
        .any(|label| label.is_empty() || label.starts_with(b"-") || label.ends_with(b"-"));
    letters && last.len() >= 2 && !empty_label && !FILES.contains(&last)
}

/// The header of a JSON web token or of an encrypted one.
fn jwt_header(secret: &[u8]) -> bool {
    let Some(start) = secret.windows(3).position(|window| window == b"eyJ") else {
        return false;
    };
    let header = secret[start..].split(|b| *b == b'.').next().unwrap_or_default();
    let Some(decoded) = base64_runs::decode(header) else {
        return false;
    };
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(&decoded) else {
        return false;
    };
    ["alg", "typ", "enc", "kid"]
        .iter()
        .any(|name| fields.contains_key(*name))
}

/// The form GitHub published in 2021: a prefix, 30 random characters, and the base62-encoded CRC-32 of these.
fn github_crc32(secret: &[u8]) -> bool {
    const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some(body) = secret.iter().position(|b| *b == b'_').map(|at| &secret[at + 1..]) else {
        return false;
    };
    let Some((random, tail)) = body.len().checked_sub(6).map(|at| body.split_at(at)) else {
        return false;
    };
    let mut value = crc32(random) as usize;
    tail.iter().rev().all(|byte| {
        let expected = BASE62[value % 62];
        value /= 62;
        *byte == expected
    })
}

/// CRC-32 of IEEE 802.3, bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// `user:password`, neither of which is a stand-in.
fn basic_credentials(secret: &[u8]) -> bool {
    let Some(decoded) = base64_runs::decode(secret) else {
        return false;
    };
    let Some(colon) = decoded.iter().position(|b| *b == b':') else {
        return false;
    };
    let (user, password) = (&decoded[..colon], &decoded[colon + 1..]);
    decoded.iter().all(u8::is_ascii_graphic) && user.len() + password.len() >= 4 && !opaque::is_stand_in(password)
}

fn base58check(secret: &[u8]) -> bool {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes: Vec<u8> = Vec::new();
    for symbol in secret {
        let Some(value) = ALPHABET.iter().position(|known| known == symbol) else {
            return false;
        };
        let mut carry = value;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xFF) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, (carry & 0xFF) as u8);
            carry >>= 8;
        }
    }
    let Some((payload, sum)) = bytes.len().checked_sub(4).map(|at| bytes.split_at(at)) else {
        return false;
    };
    Sha256::digest(Sha256::digest(payload)).starts_with(sum)
}

/// Fewer base64 characters than this are no key; an Ed25519 key has 64.
const MIN_PEM_BODY: usize = 40;

/// Follows the body of the block that begins at `span`, in a file or inside string literals, up to and with its end line.
///
/// Stops where the body stops, so a header that is only mentioned is no finding and an unfinished block hides nothing but itself.
fn pem(text: &[u8], span: Range<usize>) -> Option<Range<usize>> {
    let mut end = span.end;
    let mut body = 0;
    for line in pem_lines(text, span.end) {
        let content = trim_decoration(&text[line.clone()]);
        let (base64, rest) = content.split_at(base64_prefix(content));
        // `Proc-Type: 4,ENCRYPTED`, `Version: 2`
        let header = content.iter().take(40).any(|b| *b == b':');
        let ends_here = rest.starts_with(b"-----END") || rest.starts_with(b"---- END");
        if !(rest.is_empty() || header || ends_here) {
            break;
        }
        body += if header || opaque::is_repetitive(base64) {
            0
        } else {
            base64.len()
        };
        end = line.end;
        if ends_here {
            let label = rest
                .iter()
                .skip(5)
                .position(|b| *b == b'-')
                .map_or(rest.len(), |at| at + 10);
            end = line.end.min(position_of(text, &line, rest) + label);
            break;
        }
    }
    (body >= MIN_PEM_BODY).then_some(span.start..end)
}

fn position_of(text: &[u8], line: &Range<usize>, rest: &[u8]) -> usize {
    line.start
        + text[line.clone()]
            .windows(rest.len())
            .position(|window| window == rest)
            .unwrap_or(0)
}

/// The length of the base64 at the start of `content`. A key pasted into one line has spaces, but no short words.
fn base64_prefix(content: &[u8]) -> usize {
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let mut end = 0;
    loop {
        let word = content[end..].iter().take_while(|b| is_base64(b)).count();
        let next = end + word;
        if content.get(next) != Some(&b' ') || word < 16 {
            return next;
        }
        end = next + 1;
    }
}

/// The ranges of lines from `start` on, whether broken by line feeds or by escaped ones.
fn pem_lines(text: &[u8], start: usize) -> impl Iterator<Item = Range<usize>> {
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let start = next?;
        let end = (start..text.len())
            .find(|&at| text[at] == b'\n' || (text[at] == b'\\' && matches!(text.get(at + 1), Some(b'n' | b'r'))));
        next = end.map(|end| end + if text[end] == b'\n' { 1 } else { 2 });
        Some(start..end.unwrap_or(text.len()))
    })
}

/// Removes what surrounds a line of a block inside source code or comments.
fn trim_decoration(line: &[u8]) -> &[u8] {
    let decoration = |b: &u8| {
        b.is_ascii_whitespace()
            || matches!(
                b,
                b'"' | b'\''
                    | b'`'
                    | b','
                    | b';'
                    | b'\\'
                    | b'+'
                    | b'#'
                    | b'*'
                    | b'>'
                    | b'|'
                    | b'.'
                    | b'('
                    | b')'
                    | b'!'
            )
    };
    let start = line.iter().position(|b| !decoration(b)).unwrap_or(line.len());
    let line = &line[start..];
    let line = line.strip_prefix(b"//").map_or(line, <[u8]>::trim_ascii_start);
    let end = line.iter().rposition(|b| !decoration(b)).map_or(0, |at| at + 1);
    &line[..end]
}
