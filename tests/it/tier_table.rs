//! What each tier tells, field by field, as a client sees it: one word for each field of the table, looked for in every answer.

use crate::world::{World, repository};
use serde_json::{Value, json};

const SOURCE: &str = "\
//! Parcels of a depot.

/// Counts parcels twice.
///
/// Never thrice, says the handbook.
pub fn count_zorvik(quantity: usize) -> usize {
    if quantity.is_power_of_two() { return weigh_zorvik(quantity); }
    quantity.next_power_of_two()
}

/// Weighs them.
pub fn weigh_zorvik(quantity: usize) -> usize { quantity }
";

const MANIFEST: &str = "[package]\nname = \"depot\"\nversion = \"0.1.0\"\n[dependencies]\nserde = \"7.3.19\"\n";

/// Fields of the table, each with what stands in an answer if it is shown. Names, paths and relations are told together: one that is
/// hidden hides the same words in the others.
const FIELDS: [(&str, &[&str]); 8] = [
    ("names, paths, relations", &["zorvik"]),
    (
        "lines",
        &[" L6", " L7", " L12", "\"lines\":[6", "\"lines\":[7", "\"lines\":[12"],
    ),
    ("kinds", &["function"]),
    ("signature", &["quantity"]),
    ("summary", &["Counts parcels"]),
    ("documentation", &["says the handbook"]),
    ("outline", &["\"flow\":"]),
    ("versions", &["7.3.19"]),
];

/// What a tier does not tell, written down a second time: the table must not be its own judge.
const WITHHELD: [(&str, &[&str]); 3] = [
    ("public", &[]),
    ("internal", &["documentation"]),
    (
        "confidential",
        &[
            "names, paths, relations",
            "signature",
            "summary",
            "documentation",
            "outline",
            "versions",
        ],
    ),
];

fn world(tier: &str, more: &str) -> World {
    let repo = repository(&[("src/zorvik.rs", SOURCE), ("Cargo.toml", MANIFEST)]);
    let path = repo.path().display().to_string();
    World::from_scope(&format!(
        "version = 1\n{more}[[repo]]\nname = \"acme/depot\"\npath = {path:?}\ntier = {tier:?}\nowner = \"tests\"\n"
    ))
}

/// The answers of every tool that tells of symbols or packages, in both forms.
fn told(world: &World) -> String {
    let page = world.ask("search_symbols", json!({"query": "count power", "format": "json"}));
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let handles = page["items"].as_array().into_iter().flatten();
    let mut symbols: Vec<String> = handles
        .filter_map(|it| it["handle"].as_str().map(str::to_owned))
        .collect();
    symbols.push("count_zorvik".to_owned());
    let mut calls = vec![
        ("get_outline", json!({"target": "acme/depot"})),
        ("get_outline", json!({"target": "acme/depot:src"})),
        ("search_symbols", json!({"query": "count power of two"})),
        ("get_dependencies", json!({"target": "acme/depot"})),
        ("get_api_surface", json!({"target": "acme/depot"})),
        ("get_index_status", json!({"repo": "acme/depot"})),
        ("explore", json!({"task": "how are parcels counted"})),
    ];
    for symbol in &symbols {
        calls.push(("get_symbol", json!({"symbols": [symbol], "max_tokens": 16_000})));
        calls.push(("find_references", json!({"symbol": symbol, "direction": "outgoing"})));
        calls.push(("trace_calls", json!({"symbol": symbol, "direction": "callees"})));
    }
    let mut out = String::new();
    for (tool, arguments) in calls {
        for format in ["text", "json"] {
            let mut arguments = arguments.clone();
            arguments["format"] = format.into();
            // What a caller wrote comes back in some refusals; only answers tell.
            let answer = world.call(tool, arguments);
            if !answer.is_refusal {
                out.push_str(&answer.text);
            }
        }
    }
    out
}

fn shown(text: &str, probes: &[&str]) -> bool {
    probes.iter().any(|probe| text.contains(probe))
}

#[test]
fn each_field_is_told_at_the_tiers_that_tell_it_and_at_no_other() {
    for (tier, withheld) in WITHHELD {
        let text = told(&world(tier, ""));
        for (field, probes) in FIELDS {
            assert_eq!(
                shown(&text, probes),
                !withheld.contains(&field),
                "{field} at {tier}: {text}"
            );
        }
    }
}

#[test]
fn names_are_in_clear_where_the_scope_says_so_and_nothing_else_is() {
    let world = world("confidential", "[tiers.confidential]\nnames = \"clear\"\n");
    let text = told(&world);
    let still = ["signature", "summary", "documentation", "outline", "versions"];
    for (field, probes) in FIELDS {
        assert_eq!(shown(&text, probes), !still.contains(&field), "{field}: {text}");
    }
    let listed = world.ask("list_repos", json!({}));
    assert!(
        listed.contains(
            "tier confidential: counts=outline shape=signature shown=names,paths,lines,kinds,relations withheld="
        ),
        "{listed}"
    );
    let both = "[tiers.confidential]\nnames = \"clear\"\npaths = \"withheld\"\n";
    let text = told(&self::world("confidential", both));
    assert!(!shown(&text, &["zorvik"]), "what is withheld stays so: {text}");
}

#[test]
fn a_scope_withholds_each_field_by_itself() {
    for field in [
        "lines",
        "kinds",
        "signature",
        "summary",
        "documentation",
        "outline",
        "versions",
    ] {
        let text = told(&world("public", &format!("[tiers.public]\n{field} = \"withheld\"\n")));
        for (other, probes) in FIELDS {
            assert_eq!(shown(&text, probes), other != field, "{other} without {field}: {text}");
        }
    }
    let without_names = "[tiers.public]\nnames = \"withheld\"\npaths = \"withheld\"\nrelations = \"withheld\"\nsignature = \"withheld\"\noutline = \"withheld\"\n";
    let text = told(&world("public", without_names));
    assert!(!shown(&text, &["zorvik"]), "{text}");
}
