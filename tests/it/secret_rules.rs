//! The secret engine: every rule finds a value of its documented shape, in the places values stand, and leaves alone what only looks like one.
//!
//! Values are assembled here from `tests/data/secrets/vectors.txt`, so that the repository holds none. In a template `<A36>` stands for 36 random characters
//! of a class (see [`alphabet`]), `<uuid>`, `<jwt>`, `<card>` and the like for a value with a valid checksum, `\n` for a line break.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use louver::secrets::{Category, FileFinding, RuleError, Rules, Scanner, to_jsonl, to_sarif, to_text};
use sha2::{Digest, Sha256};

const VECTORS: &str = include_str!("../data/secrets/vectors.txt");

/// Every template, with the rule it is for.
fn vectors() -> impl Iterator<Item = (&'static str, &'static str)> {
    VECTORS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once("  ").expect("an id and a template"))
}

/// A repeatable source of characters.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }

    /// Draws `len` characters, of which no three are the same in a row.
    fn text(&mut self, alphabet: &str, len: usize) -> String {
        let mut text = String::new();
        while text.len() < len {
            let next = alphabet.as_bytes()[self.next() % alphabet.len()] as char;
            if alphabet.len() < 3 || !text.ends_with(next) {
                text.push(next);
            }
        }
        text
    }
}

fn alphabet(class: char) -> &'static str {
    const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    match class {
        'A' => ALPHANUMERIC,
        'u' => &ALPHANUMERIC[..26],
        'l' => &ALPHANUMERIC[26..52],
        'n' => &ALPHANUMERIC[26..],
        'd' => &ALPHANUMERIC[52..],
        'N' => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        'h' => "0123456789abcdef",
        't' => "abcdefghijklmnopqrstuvwxyz234567",
        'T' => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        'C' => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
        'k' => "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789",
        _ => panic!("no class `{class}`"),
    }
}

/// Fills in a template.
fn assemble(template: &str, random: &mut Random) -> String {
    fill(template, &mut |slot| {
        let (class, len) = slot.split_at(1);
        match (slot, len.parse::<usize>()) {
            ("uuid", _) => [8, 4, 4, 4, 12].map(|len| random.text(alphabet('h'), len)).join("-"),
            ("jwt", _) => {
                let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
                format!(
                    "{}.{}.{}",
                    part(r#"{"alg":"HS256","typ":"JWT"}"#),
                    part(r#"{"sub":"1","admin":true}"#),
                    random.text(alphabet('A'), 43)
                )
            }
            ("pem", _) => [0; 8].map(|_| random.text(alphabet('A'), 64)).join("\n"),
            ("basic", _) => STANDARD.encode(format!("deploy:{}", random.text(alphabet('A'), 16))),
            ("card", _) => card(random),
            ("iban", _) => iban(random),
            ("wif", _) => wif(random),
            ("crc", _) => with_crc32(&random.text(alphabet('A'), 30)),
            (_, Ok(len)) => random.text(alphabet(class.chars().next().expect("a class")), len),
            _ => return None,
        }
        .into()
    })
}

/// Replaces each `<slot>` that `value` knows.
fn fill(template: &str, value: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let template = template.replace("\\n", "\n").replace("\\\\", "\\");
    let mut rest = template.as_str();
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let slot = after
            .split_once('>')
            .filter(|(slot, _)| slot.len() > 1 && slot.bytes().all(|b| b.is_ascii_alphanumeric()));
        match slot.and_then(|(slot, behind)| Some((value(slot)?, behind))) {
            Some((value, behind)) => {
                text.push_str(&value);
                rest = behind;
            }
            None => {
                text.push('<');
                rest = after;
            }
        }
    }
    text + rest
}

fn card(random: &mut Random) -> String {
    let body = format!("4{}", random.text(alphabet('d'), 14));
    (0..10)
        .map(|digit| format!("{body}{digit}"))
        .find(|number| luhn(number))
        .expect("one digit of ten completes the sum")
}

fn luhn(number: &str) -> bool {
    let double = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let digits = number.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    digits
        .map(|(at, digit)| if at % 2 == 1 { double(digit) } else { digit })
        .sum::<u32>()
        % 10
        == 0
}

fn iban(random: &mut Random) -> String {
    let account = random.text(alphabet('d'), 18);
    // DE is 13 14.
    let value = format!("{account}131400")
        .bytes()
        .fold(0, |value, digit| (value * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{account}", 98 - value)
}

/// A private key in wallet import format.
fn wif(random: &mut Random) -> String {
    const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = vec![0x80];
    bytes.extend((0..32).map(|_| random.next() as u8));
    let sum = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend(&sum[..4]);
    let mut text = Vec::new();
    while bytes.iter().any(|b| *b != 0) {
        let mut remainder = 0;
        for byte in &mut bytes {
            let value = remainder * 256 + usize::from(*byte);
            *byte = (value / 58) as u8;
            remainder = value % 58;
        }
        text.push(BASE58[remainder]);
    }
    text.iter().rev().map(|b| char::from(*b)).collect()
}

/// GitHub's form: a base62 CRC-32 behind the random part.
fn with_crc32(body: &str) -> String {
    let crc = !body.bytes().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    });
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let tail: String = (0..6)
        .rev()
        .map(|place| digits[(u64::from(crc) / 62_u64.pow(place) % 62) as usize] as char)
        .collect();
    format!("{body}{tail}")
}

/// The rules that find something in `text`.
fn found(scanner: &Scanner, text: &str) -> Vec<String> {
    scanner
        .scan(text.as_bytes())
        .iter()
        .map(|finding| finding.rule.to_owned())
        .collect()
}

/// A scanner of the built-in rules with one rule's findings alone, so that no other rule hides them.
fn alone(id: &str) -> Scanner {
    static BUILTIN: LazyLock<Rules> = LazyLock::new(Rules::builtin);
    Scanner::of([BUILTIN.clone().only(id)])
}

#[test]
fn the_built_in_rules_are_well_formed() {
    let scanner = Scanner::builtin();
    Rules::builtin().check().expect("every regex compiles");
    let ids: Vec<_> = scanner.rules().map(|rule| rule.id).collect();
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "an id is given twice");
    assert!(ids.len() >= 150);
    assert!(scanner.rules().all(|rule| !rule.description.is_empty()));
}

#[test]
fn every_rule_has_a_vector() {
    let with_vector: BTreeSet<_> = vectors().map(|(id, _)| id).collect();
    let rules: BTreeSet<_> = Scanner::builtin().rules().map(|rule| rule.id).collect();
    assert_eq!(rules, with_vector);
}

#[test]
fn every_rule_finds_its_vector() {
    let mut random = Random(7);
    let mut missed = Vec::new();
    for (id, template) in vectors() {
        let scanner = alone(id);
        for text in (0..5).map(|_| assemble(template, &mut random)) {
            if !found(&scanner, &text).contains(&id.to_owned()) || found(Scanner::builtin(), &text).is_empty() {
                missed.push(format!("{id}: {text:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
}

#[test]
fn no_rule_finds_its_vector_with_a_placeholder_or_cut_short() {
    let mut random = Random(11);
    let mut wrong = Vec::new();
    // Nothing about these values is drawn.
    for (id, template) in vectors().filter(|(id, _)| !["email-address", "internal-host-name"].contains(id)) {
        let scanner = alone(id);
        let crossed = fill(template, &mut |slot| Some("x".repeat(slot[1..].parse().unwrap_or(40))));
        let cut = fill(template, &mut |slot| {
            Some(random.text(alphabet('A'), slot[1..].parse::<usize>().unwrap_or(8).min(2)))
        });
        wrong.extend(
            [crossed, cut]
                .into_iter()
                .filter(|text| !found(&scanner, text).is_empty())
                .map(|text| format!("{id}: {text:?}")),
        );
    }
    assert!(wrong.is_empty(), "found:\n{}", wrong.join("\n"));
}

#[test]
fn a_value_is_found_wherever_values_stand() {
    const SURROUNDINGS: [&str; 14] = [
        "@",
        "VALUE=@\n",
        "export VALUE='@'",
        "{\"value\": \"@\", \"n\": 1}",
        "value: @\nother: 1",
        "let value = \"@\";",
        "value = [\"@\"]",
        "curl https://api.acme.dev/v1?value=@&n=1",
        "X-Value: @\r\nAccept: */*",
        "use `@` for this.",
        "<value>@</value>",
        "\"first line\\n@\\nlast line\"",
        "(@)",
        "# todo: remove @, it leaked",
    ];
    let mut random = Random(13);
    let mut missed = Vec::new();
    // Templates without a space or quote are values that need no name.
    for (id, template) in vectors().filter(|(_, template)| !template.contains([' ', '"', '=', '\\', '$', '&'])) {
        for surrounding in SURROUNDINGS {
            let value = assemble(template, &mut random);
            let text = surrounding.replace('@', &value);
            if found(Scanner::builtin(), &text).is_empty() {
                missed.push(format!("{id}: {text:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
}

#[test]
fn a_value_is_found_inside_base64() {
    let mut random = Random(17);
    for template in [
        "ghp_<crc>",
        "AKIA<T16>",
        "postgres://app:<A12>@db/app",
        "-----BEGIN EC PRIVATE KEY-----\\n<pem>\\n-----END EC PRIVATE KEY-----",
    ] {
        let value = assemble(template, &mut random);
        for encoded in [
            STANDARD.encode(&value),
            STANDARD.encode(format!("key: {value}\n")),
            URL_SAFE_NO_PAD.encode(&value),
        ] {
            let text = format!("data:\n  blob: {encoded}\n");
            let findings = Scanner::builtin().scan(text.as_bytes());
            assert_eq!(
                findings.iter().map(|f| &text[f.start..f.end]).collect::<Vec<_>>(),
                [&encoded],
                "{template}"
            );
        }
    }
}

/// Asserts what is found in `text`, as `rule=value`.
#[track_caller]
fn check(scanner: &Scanner, text: &str, expected: &[&str]) {
    let findings = scanner.scan(text.as_bytes());
    let actual: Vec<_> = findings
        .iter()
        .map(|f| format!("{}={}", f.rule, &text[f.start..f.end]))
        .collect();
    assert_eq!(actual, expected, "{text}");
}

#[test]
fn a_private_key_ends_where_its_body_ends() {
    let mut random = Random(19);
    let body = random.text(alphabet('A'), 64);
    let begin = ["-----BEGIN RSA", "PRIVATE KEY-----"].join(" ");
    let end = ["-----END RSA", "PRIVATE KEY-----"].join(" ");
    let forms = [
        (format!("{begin}\n{body}\n{body}\n{end}"), ";\nfn main() {}"),
        (
            format!("{begin}\\n{body}\\n{body}\\n{end}"),
            "\\n\", \"client_email\": \"x\"",
        ),
        (
            format!("{begin}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{body}\n{end}"),
            "\n",
        ),
        (format!("{begin}\n// {body}\n// {body}\n// {end}"), "\nfn main() {}"),
        (format!("{begin}\" +\n  \"{body}\" +\n  \"{body}\" +\n  \"{end}"), "\";"),
        (format!("{begin} {body} {body} {end}"), " and more"),
        (format!("{begin}\n{body}\n{body}"), "\nthis key was cut off"),
    ];
    for (key, behind) in forms {
        let text = format!("let key = \"{key}{behind}");
        let findings = Scanner::builtin().scan(text.as_bytes());
        assert_eq!(
            findings
                .iter()
                .map(|f| (f.rule, &text[f.start..f.end]))
                .collect::<Vec<_>>(),
            [("private-key", key.as_str())],
            "{text}"
        );
    }
    check(
        Scanner::builtin(),
        &format!("if text.starts_with(\"{begin}\") && text.contains(\"{end}\") {{ return Some(PrivateKey) }}"),
        &[],
    );
}

#[test]
fn names_words_and_placeholders_are_no_secrets() {
    let harmless = [
        "const SECRET_KEY: &str = DOT11_KEY_DIRECTION;",
        "let token = TokenKind::CloseDelimiter2;",
        "api_key: \"YOUR_API_KEY_HERE_12345\"",
        "api_key = \"${API_KEY_2024}\"",
        "token: {{ secrets.GITHUB_TOKEN_V2 }}",
        "password: \"<password1>\"",
        "password = \"changeme123\"",
        "password = \"xxxxxxxx1\"",
        "password = \"********\"",
        "secret = \"0000000000000000\"",
        "let password = config.get(\"database.password2\")?;",
        "def login(user: str, password: str) -> Token2:",
        "password = request.form['password1']",
        "secret_name = \"prod/database/credentials-2\"",
        "token_url = \"https://login.acme.dev/oauth2/v2.0/token\"",
        "credentials: include_str!(\"../fixtures/credentials2.json\")",
        "tokenizer = \"cl100k_base\"",
        "passage = \"chapter-12-verse-4\"",
        "private_key_path = \"/etc/ssl/private/server2.pem\"",
        "keyboard = \"us-intl-dvorak102\"",
        "integrity: sha512-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
        "checksum = \"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\"",
        "uses: actions/checkout@8f4b7f84864484a7bf31766abe9204da3cbe65b3",
        "uses: codecov/codecov-action@8f4b7f84864484a7bf31766abe9204da3cbe65b3",
        "https://github.com/cloudflare/quiche/blob/8f4b7f84864484a7bf31766abe9204da3cbe65b3/src/lib.rs",
        "postgres://user:password@localhost/db",
        "postgres://$USER:$PASS@localhost/db",
        "https://user:pass@host/",
        "git@github.com:acme/repo.git",
        "Authorization: Bearer <token>",
        "Authorization: Basic dXNlcjpwYXNz",
        "eyJhbGciOiJub3QganNvbg.eyJhbGciOiJub3QganNvbg.c2lnbmF0dXJl",
        "let key = 0x0cce923f;",
        "impl PrivateKeyView for ID3D11UnorderedAccessView {}",
    ];
    for text in harmless {
        check(Scanner::builtin(), text, &[]);
    }
}

#[test]
fn a_known_identifier_is_no_generic_secret() {
    let value = assemble("q7<A6>4p<A6>8", &mut Random(23));
    let text = format!("let api_key = \"{value}\";");
    check(Scanner::builtin(), &text, &[&format!("generic-secret={value}")]);
    assert_eq!(Scanner::builtin().scan_with(text.as_bytes(), &|name| name == value), []);
    let token = assemble("ghp_<crc>", &mut Random(23));
    let found = Scanner::builtin().scan_with(token.as_bytes(), &|_| true);
    assert_eq!(
        found.len(),
        1,
        "a known format is a secret whatever the symbol table says"
    );
}

#[test]
fn a_checksum_makes_a_token_of_what_looks_like_an_example() {
    let body = "abc".repeat(10);
    let token = format!("ghp_{}", with_crc32(&body));
    assert_eq!(found(Scanner::builtin(), &token), ["github-pat"], "{token}");
    let example = format!("ghp_{body}abcabc");
    assert_eq!(found(Scanner::builtin(), &example), [""; 0], "{example}");
}

#[test]
fn a_keyword_is_the_end_of_a_name_or_none() {
    let value = assemble("q7<A6>4p<A6>8", &mut Random(37));
    for (name, is_secret) in [
        ("token", true),
        ("tokens", true),
        ("session_token", true),
        ("tokenizer", false),
        ("tokenized", false),
        ("secretary", false),
    ] {
        let text = format!("{name} = \"{value}\"");
        assert_eq!(!found(Scanner::builtin(), &text).is_empty(), is_secret, "{text}");
    }
}

#[test]
fn personal_data_needs_a_valid_number_and_is_not_documentation() {
    let mut random = Random(29);
    let (card, iban) = (card(&mut random), iban(&mut random));
    let grouped: Vec<_> = card
        .as_bytes()
        .chunks(4)
        .map(|group| std::str::from_utf8(group).expect("digits"))
        .collect();
    let grouped = grouped.join("-");
    check(
        Scanner::builtin(),
        &format!("number {grouped}"),
        &[&format!("payment-card={grouped}")],
    );
    check(Scanner::builtin(), &format!("IBAN: {iban}"), &[&format!("iban={iban}")]);
    let other = if card.ends_with('5') { "6" } else { "5" };
    check(Scanner::builtin(), &format!("card {}{other}", &card[..15]), &[]);
    check(
        Scanner::builtin(),
        &format!("const LIMBS: [u64; 2] = [\n    {card},\n    1,\n];"),
        &[],
    );
    check(
        Scanner::builtin(),
        "mail ada@lovelace.org or user@example.com, see icon@2x.png",
        &["email-address=ada@lovelace.org"],
    );
    check(
        Scanner::builtin(),
        "call +49 30 901820 today, or +1 555 0100",
        &["phone-number=+49 30 901820"],
    );
    check(Scanner::builtin(), "let x = a +1234567890; at(\"+262142-12-31\")", &[]);
    check(
        Scanner::builtin(),
        "ssn: 219-09-9999, ssn 000-12-3456, part 219-09-9998",
        &["us-social-security-number=219-09-9999"],
    );
    check(
        Scanner::builtin(),
        "host = \"10.20.30.40\"; host = \"192.0.2.1\"; host = \"127.0.0.1\"; version 10.20.30.40",
        &["private-ip-address=10.20.30.40"],
    );
}

#[test]
fn the_organisations_words_are_found_as_words() {
    let words = Rules::words(["Acme", "Blue Fox", "Zürich"]).expect("words");
    let domains = Rules::domains(["corp.acme.dev"]).expect("domains");
    let patterns = Rules::patterns([("ticket", r"\bACM-\d{4}\b")]).expect("patterns");
    let scanner = Scanner::with([words, domains, patterns]);
    check(
        &scanner,
        "AcmeClient acme_host ACMEClient newAcme",
        &[
            "organisation-word=Acme",
            "organisation-word=acme",
            "organisation-word=ACME",
            "organisation-word=Acme",
        ],
    );
    check(&scanner, "acmeist placme ACMEIST macmeal", &[]);
    check(
        &scanner,
        "blue_fox BlueFox blue-fox bluefoxes",
        &[
            "organisation-word=blue_fox",
            "organisation-word=BlueFox",
            "organisation-word=blue-fox",
        ],
    );
    check(
        &scanner,
        "ZÜRICH zürich zürichsee",
        &["organisation-word=ZÜRICH", "organisation-word=zürich"],
    );
    check(
        &scanner,
        "ping db1.corp.acme.dev, not corp.acme.devil",
        &["internal-host=db1.corp.acme.dev", "organisation-word=acme"],
    );
    check(&scanner, "see ACM-1234", &["ticket=ACM-1234"]);
    assert!(matches!(Rules::words(["-"]), Err(RuleError::Word(_))));
    assert!(matches!(
        Rules::patterns([("ticket", "(")]),
        Err(RuleError::Regex { .. })
    ));
    assert!(matches!(Rules::patterns([("a ticket", "x")]), Err(RuleError::Id(_))));
}

#[test]
fn an_added_gitleaks_file_finds_more_and_hides_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("gitleaks.toml");
    let file = r#"
title = "ours"
[extend]
useDefault = true
[[rules]]
id = "acme-token"
description = "Acme token"
regex = '''(?i)acme[_-]?token\s*[=:]\s*"([a-z0-9]{8})"'''
entropy = 2
keywords = ["acme"]
[[rules.allowlists]]
stopwords = ["skip"]
[[rules.allowlists]]
condition = "AND"
paths = ['''^tests/''']
regexTarget = "line"
regexes = ['''fixture''']
[[rules]]
id = "pem-file"
path = '''\.pem$'''
[allowlist]
regexes = ['''.*''']
targetRules = ["another"]
"#;
    std::fs::write(&path, file).expect("the file is written");
    let scanner = Scanner::with([Rules::load(&path).expect("rules")]);
    check(&scanner, "acme_token = \"a1b2c3d4\"", &["acme-token=a1b2c3d4"]);
    let scanner = Scanner::of([Rules::load(&path).expect("rules")]);
    check(&scanner, "acme_token = \"skip1234\"", &[]);
    check(&scanner, "acme_token = \"aaaaaaaa\"", &[]);
    let in_tests = "acme_token = \"a1b2c3d4\" # fixture";
    assert_eq!(
        scanner.scan_file(Some("tests/x.py"), in_tests.as_bytes(), &|_| false),
        []
    );
    assert_eq!(
        scanner
            .scan_file(Some("src/x.py"), in_tests.as_bytes(), &|_| false)
            .len(),
        1
    );
    let pat = assemble("ghp_<crc>", &mut Random(31));
    let hiding = Rules::parse("[allowlist]\nregexes = ['.*']\nstopwords = ['ghp']").expect("rules");
    assert_eq!(
        found(&Scanner::with([hiding]), &pat),
        ["github-pat"],
        "a global allowlist reaches built-in rules"
    );

    assert!(matches!(
        Rules::load(&folder.path().join("missing.toml")),
        Err(RuleError::Read { .. })
    ));
    assert!(matches!(Rules::parse("rules = 1"), Err(RuleError::Syntax(_))));
    assert!(matches!(
        Rules::parse("[[rules]]\nid = \"a\"\nregex = \"(\""),
        Err(RuleError::Regex { .. })
    ));
    assert!(matches!(
        Rules::parse("[[rules]]\nid = \"a\"\nregex = \"b\"\nsecretGroup = 1"),
        Err(RuleError::Group { .. })
    ));
    assert!(matches!(
        Rules::parse("[[rules]]\nid = \"a\"\nregex = \"b\"\ncontext = \"near\""),
        Err(RuleError::Context(_))
    ));
}

#[test]
fn redaction_names_the_rule_and_counts() {
    let mut random = Random(37);
    let (pat, aws) = (assemble("ghp_<crc>", &mut random), assemble("AKIA<T16>", &mut random));
    let redacted = Scanner::builtin().redact_with("nothing here", &|_| false);
    assert!(matches!(redacted.text, std::borrow::Cow::Borrowed(_)) && redacted.counts.is_empty());
    let text = format!("é token = \"{pat}\", é {aws} {aws}");
    let redacted = Scanner::builtin().redact(&text);
    assert_eq!(
        redacted.text,
        "é token = \"[redacted:github-pat]\", é [redacted:aws-access-key-id] [redacted:aws-access-key-id]"
    );
    assert_eq!(
        redacted.counts.into_iter().collect::<Vec<_>>(),
        [("aws-access-key-id".to_owned(), 2), ("github-pat".to_owned(), 1)]
    );
    let again = Scanner::builtin().redact("a [redacted:github-pat] and a [redacted:generic-secret]");
    assert!(again.counts.is_empty(), "what was redacted is found again: {again:?}");
}

#[test]
fn overlapping_findings_are_one_with_the_most_specific_name() {
    let url = assemble("https://deploy:ghp_<crc>@git.acme.dev/x", &mut Random(41));
    let findings = Scanner::builtin().scan(url.as_bytes());
    assert_eq!(
        findings.iter().map(|f| (f.rule, f.category)).collect::<Vec<_>>(),
        [("github-pat", Category::Credential)]
    );
    // The token with its host reads as an address, and no part of any finding stays.
    assert_eq!(
        Scanner::builtin().redact(&url).text,
        "https://deploy:[redacted:github-pat]/x"
    );
}

#[test]
fn no_form_of_a_finding_holds_the_value() {
    let token = assemble("ghp_<crc>", &mut Random(43));
    let text = format!("a\nß = \"{token}\"\n");
    let scanner = Scanner::builtin();
    let findings = scanner.scan(text.as_bytes());
    assert_eq!(
        findings.iter().map(|f| (f.line, f.column)).collect::<Vec<_>>(),
        [(2, 6)]
    );
    let files: Vec<_> = findings
        .iter()
        .map(|&finding| FileFinding {
            path: "src/a b.rs",
            finding,
        })
        .collect();
    let (plain, lines, sarif) = (to_text(scanner, &files), to_jsonl(&files), to_sarif(scanner, &files));
    for output in [
        &plain,
        &lines,
        &sarif,
        &format!("{findings:?} {scanner:?} {:?}", Rules::builtin()),
    ] {
        assert!(!output.contains(&token) && !output.contains(&token[4..12]));
    }
    assert_eq!(plain, "src/a b.rs:2:6: github-pat: GitHub personal access token\n");
    assert_eq!(
        lines,
        "{\"rule\":\"github-pat\",\"path\":\"src/a b.rs\",\"line\":2,\"column\":6}\n"
    );
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "github-pat");
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "src/a%20b.rs"
    );
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"], "github-pat");
}
