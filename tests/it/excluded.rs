//! What is excluded leaves no trace in what remains: names that lead there are told, kept and searched for as `‹excluded›`.

use crate::served::{self, git};
use crate::world::{World, files_below, repository};
use louver::extraction::words::WordKey;
use louver::index::Index;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// In every language a file is excluded whose names all have the word in them, and another uses them in every way there is.
const FILES: &[(&str, &str)] = &[
    ("rust/Cargo.toml", "[package]\nname = \"rust\"\n"),
    (
        "rust/src/lib.rs",
        r#"//! Keeps books. See [`CanaryLedger`] and `canary_open`.
mod canary_vault;
pub mod books;
pub use canary_vault::CanaryLedger as Renamed;
pub use canary_vault::{self, canary_open};

/// Opens a CanaryLedger for a book.
pub fn open_book(name: &str) -> canary_vault::CanaryLedger {
    canary_vault::canary_open(name)
}
"#,
    ),
    (
        "rust/src/canary_vault.rs",
        "pub struct CanaryLedger { pub canary_total: u64 }\nimpl CanaryLedger { pub fn canary_charge(&self) -> Self { todo!() } }\npub fn canary_open(_: &str) -> CanaryLedger { todo!() }\npub trait CanaryTrait {}\n",
    ),
    (
        "rust/src/books.rs",
        r#"use crate::canary_vault::{CanaryLedger, CanaryTrait};
use super::Renamed as Own;

/// A book around a `CanaryLedger`; canary_total says how much.
pub struct Book { pub ledger: CanaryLedger, pub others: Vec<Own> }

impl CanaryTrait for Book {}

impl CanaryLedger {
    pub fn added_here(&self) -> u64 { self.canary_total }
}

impl Book {
    pub fn charge(&self) -> Option<u64> {
        let CanaryLedger { canary_total, .. } = &self.ledger;
        for other in &self.others { other.canary_charge(); }
        self.ledger.canary_charge().canary_again().clone();
        Some(crate::canary_open("x").canary_total + *canary_total)
    }
    pub fn total(&self) -> u64 { self.others.iter().map(|it| it.canary_total).sum() }
}
"#,
    ),
    (
        "web/app.ts",
        r#"import { CanaryClient, canaryConnect as connect } from "./canarySecret";
import CanaryDefault, * as canaryAll from "./canarySecret";
export { canaryShared } from "./canarySecret";
export * from "./canarySecret";

/** Talks to `CanaryClient`, see canaryConnect. */
export class App extends CanaryDefault implements CanaryClient {
  private client: CanaryClient = connect("x");
  /** Sends through the canaryChannel. */
  send(to: CanaryClient<string>): Promise<CanaryClient> {
    const { canaryField } = this.client;
    canaryAll.canaryCall(canaryField);
    this.client.canarySend().canaryThen({ canaryKey: 1 });
    return new CanaryClient(to).canaryWait();
  }
}
export const later = () => import("./canarySecret").then((it) => it.canaryLazy());
"#,
    ),
    (
        "web/other.ts",
        "import { App, canaryGlob } from \"./app\";\nconst old = require(\"./canarySecret\");\nexport function run(app: App) { canaryGlob(); old.canaryOld(); return app.send(old.canaryValue); }\n",
    ),
    (
        "web/canarySecret.ts",
        "export class CanaryClient {}\nexport const canaryConnect = 1;\n",
    ),
    (
        "py/shop/cart.py",
        r#""""Fills carts with CanaryPricing."""
from .canary_pricing import CanaryPricing, canary_price as price
from shop import canary_pricing
import shop.canary_pricing
import shop.canary_pricing as canary_alias
from shop.canary_pricing import *


class Cart(CanaryPricing):
    """Adds what `canary_price` says."""

    pricing: CanaryPricing = price()

    @canary_pricing.canary_decorator
    def add(self, item: canary_pricing.CanaryItem, count: int = 1) -> "CanaryPricing":
        total = price(item, canary_argument=count)
        self.pricing.canary_round(total).canary_chain()
        shop.canary_pricing.canary_log(len(str(total)))
        canary_starred(total)
        return canary_alias.CanaryPricing(total)
"#,
    ),
    (
        "py/shop/__init__.py",
        "from .canary_pricing import CanaryPricing\n\n__all__ = [\"CanaryPricing\"]\n",
    ),
    (
        "py/shop/checkout.py",
        "from shop import CanaryPricing\nfrom shop.cart import Cart\n\n\ndef pay(cart: Cart) -> None:\n    CanaryPricing.canary_total(cart)\n    cart.pricing.canary_close()\n",
    ),
    ("py/shop/canary_pricing.py", "class CanaryPricing:\n    pass\n"),
    ("go/go.mod", "module example.org/pay\n"),
    (
        "go/pay/pay.go",
        r#"// Package pay pays through a CanaryGateway.
package pay

import (
	"fmt"

	"example.org/pay/canarybank"
)

// Payment has a CanaryGateway.
type Payment struct {
	Gateway *CanaryGateway
	Account canarybank.CanaryAccount
	Count   int
}

// Pay calls canaryTransfer.
func Pay(p *Payment, by CanaryMethod) (CanaryReceipt, error) {
	receipt := p.Gateway.CanarySend(p.Account.CanaryNumber)
	canaryTransfer(len(fmt.Sprint(receipt)))
	canarybank.CanaryOpen().CanaryClose()
	return CanaryReceipt{CanaryAmount: p.Count}, nil
}

func (g *CanaryGateway) AddedHere() error { return g.canaryFlush() }
"#,
    ),
    (
        "go/pay/canary_gateway.go",
        "package pay\n\ntype CanaryGateway struct{}\n",
    ),
    (
        "go/canarybank/bank.go",
        "package canarybank\n\ntype CanaryAccount struct{}\n",
    ),
    (
        "java/com/acme/Shop.java",
        "package com.acme;\n\nimport com.acme.vault.CanaryVault;\n\n/** Sells with a {@link CanarySafe}. */\npublic class Shop extends CanarySafe {\n  private final CanaryVault vault = new CanaryVault();\n  CanarySafe sell(CanaryVault with) { return vault.canaryOpen(with); }\n}\n",
    ),
    (
        "java/com/acme/CanarySafe.java",
        "package com.acme;\n\nclass CanarySafe {}\n",
    ),
    (
        "java/com/acme/vault/CanaryVault.java",
        "package com.acme.vault;\n\npublic class CanaryVault {}\n",
    ),
];

const EXCLUDE: &str = "exclude = [\"**/canary*\", \"**/canary*/**\", \"**/Canary*\"]\n";

fn scope(repo: &TempDir, tier: &str, exclude: &str) -> String {
    format!(
        "version = 1\n[[repo]]\nname = \"acme/books\"\npath = {:?}\ntier = {tier:?}\nowner = \"tests\"\n{exclude}",
        repo.path().display().to_string()
    )
}

fn remaining() -> impl Iterator<Item = &'static str> {
    let paths = FILES.iter().map(|(path, _)| *path);
    paths.filter(|path| !path.to_lowercase().contains("canary") && !path.ends_with(".toml") && !path.ends_with(".mod"))
}

fn assert_clean(what: &str, text: &[u8]) {
    let lower = text.to_ascii_lowercase();
    if let Some(at) = lower.windows(6).position(|window| window == b"canary") {
        let around = String::from_utf8_lossy(&text[at.saturating_sub(160)..text.len().min(at + 80)]).into_owned();
        panic!("a name of an excluded file reached {what}: …{around}…");
    }
}

fn assert_disk_is_clean(data: &Path) {
    for (path, bytes) in files_below(data) {
        // The scope that was applied says what it excludes, and so does a record of it.
        assert_clean(&path.display().to_string(), &bytes);
    }
    let index = Index::open(&data.join("index"), WordKey::new([0; 32])).expect("opens");
    let values = index.stored_values("acme/books").expect("reads");
    assert!(values.len() > 10, "{} values are stored", values.len());
    values.iter().for_each(|value| assert_clean("a stored value", value));
}

/// Asks everything of everything that remains.
fn every_answer(world: &World) -> Vec<(String, String)> {
    let mut symbols = Vec::new();
    let mut calls = vec![("get_outline", json!({"target": "acme/books"}))];
    for path in remaining() {
        let target = format!("acme/books:{path}");
        let page = world.ask(
            "get_outline",
            json!({"target": target, "private": true, "format": "json", "max_tokens": 16_000}),
        );
        let page: Value = serde_json::from_str(&page).expect("JSON");
        let handles = page["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["handle"].as_str());
        symbols.extend(handles.filter(|it| it.contains('#')).map(str::to_owned));
        calls.push(("get_outline", json!({"target": target})));
        calls.push(("get_outline", json!({"target": target, "private": true})));
    }
    assert!(symbols.len() > 15, "{symbols:?}");
    for symbol in &symbols {
        calls.push(("get_symbol", json!({"symbols": [symbol], "max_tokens": 16_000})));
        calls.push(("find_references", json!({"symbol": symbol})));
        calls.push(("find_references", json!({"symbol": symbol, "direction": "outgoing"})));
        calls.push(("trace_calls", json!({"symbol": symbol, "direction": "callees"})));
        calls.push(("analyze_impact", json!({"targets": [symbol]})));
        calls.push(("explore", json!({"task": symbol})));
    }
    for query in [
        "book",
        "open",
        "pay send",
        "pricing cart",
        "client vault gateway ledger",
    ] {
        calls.push(("search_symbols", json!({"query": query, "limit": 100})));
    }
    let mut out = Vec::new();
    for (tool, arguments) in calls {
        for format in ["text", "json"] {
            let mut arguments = arguments.clone();
            arguments["format"] = format.into();
            let answer = world.call(tool, arguments.clone());
            out.push((format!("{tool} {arguments}"), answer.text));
        }
    }
    out
}

#[test]
fn excluded_names_are_told_and_kept_nowhere() {
    let repo = repository(FILES);
    for tier in ["public", "internal", "confidential"] {
        let world = World::from_scope(&scope(&repo, tier, EXCLUDE));
        let answers = every_answer(&world);
        for (what, answer) in &answers {
            assert_clean(what, answer.as_bytes());
        }
        let marks = answers
            .iter()
            .filter(|(_, answer)| answer.contains("‹excluded›"))
            .count();
        assert!(marks > 20, "{marks} answers show what is excluded at {tier}");
        assert_disk_is_clean(&world.data());
    }
}

#[test]
fn what_the_files_say_of_their_own_stays() {
    let repo = repository(FILES);
    let world = World::from_scope(&scope(&repo, "public", EXCLUDE));
    let ask = |symbol: &str| world.ask("get_symbol", json!({"symbols": [symbol]}));
    let book = ask("acme/books:rust/src/books.rs#Book.charge");
    assert!(book.contains("pub fn charge(&self) -> Option<u64>"), "{book}");
    let send = ask("acme/books:web/app.ts#App.send");
    assert!(send.contains("Promise<‹excluded›>"), "{send}");
    let pay = ask("acme/books:go/pay/pay.go#Pay");
    assert!(
        pay.contains("*Payment") && pay.contains("error)") && pay.contains("fmt.Sprint"),
        "{pay}"
    );
    let cart = ask("acme/books:py/shop/cart.py#Cart.add");
    assert!(cart.contains("count: int"), "{cart}");
    // Without exclusions, all of it is told.
    let open = World::from_scope(&scope(&repo, "public", ""));
    let told = open.ask("get_symbol", json!({"symbols": ["acme/books:go/pay/pay.go#Pay"]}));
    assert!(
        told.contains("canaryTransfer") && !told.contains("‹excluded›"),
        "{told}"
    );
}

#[test]
fn words_of_excluded_names_find_nothing() {
    let repo = repository(FILES);
    let hits = |world: &World, query: &str| {
        let page = world.ask(
            "search_symbols",
            json!({"query": query, "format": "json", "limit": 100}),
        );
        let page: Value = serde_json::from_str(&page).expect("JSON");
        let items = page["items"].as_array().into_iter().flatten();
        items.map(|it| it["handle"].to_string()).collect::<Vec<_>>()
    };
    let open = World::from_scope(&scope(&repo, "public", ""));
    let reduced = World::from_scope(&scope(&repo, "public", EXCLUDE));
    for query in ["canary", "canary transfer", "CanaryTransfer"] {
        assert!(!hits(&open, query).is_empty(), "`{query}` finds nothing at all");
        assert_eq!(hits(&reduced, query), Vec::<String>::new(), "`{query}` finds something");
    }
}

#[test]
fn a_file_that_comes_to_be_excluded_or_leaves_updates_the_others() {
    let world = served::World::of(&[
        ("src/lib.rs", "pub mod books;\npub mod notes;\npub mod safe;\n"),
        // Nothing but its prose has to do with what is excluded.
        (
            "src/notes.rs",
            "/// Unlike `open_safe` it needs nothing.\npub fn note() {}\n",
        ),
        (
            "src/books.rs",
            "use crate::safe::open_safe;\n/// Asks `open_safe` first.\npub fn read() -> u32 { open_safe().turn_key() }\n",
        ),
        (
            "src/safe.rs",
            "pub struct Key;\nimpl Key { pub fn turn_key(&self) -> u32 { 1 } }\npub fn open_safe() -> Key { Key }\n",
        ),
    ]);
    let scope = fs::read_to_string(world.config()).expect("readable");
    let apply = |exclude: &str| {
        fs::write(world.config(), format!("{scope}{exclude}\n")).expect("written");
        world.run(&["scope", "apply"]);
    };
    let told = || {
        let symbols = "symbols=[\"acme/app:src/books.rs#read\",\"acme/app:src/notes.rs#note\"]";
        let output = world.run(&["ask", "get_symbol", symbols]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let is_clean = |text: &str| !text.contains("open_safe") && !text.contains("turn_key");
    assert!(
        told().contains("Asks `open_safe`") && told().contains("Unlike `open_safe`"),
        "{}",
        told()
    );
    apply("exclude = [\"src/safe.rs\"]");
    assert!(told().contains("‹excluded›") && is_clean(&told()), "{}", told());
    for (path, bytes) in files_below(&world.data().join("index")) {
        assert!(is_clean(&String::from_utf8_lossy(&bytes)), "{}", path.display());
    }
    // A file that comes with a later commit is excluded as well.
    fs::write(world.repo(0).join("src/safe.rs"), "pub struct Key;\n").expect("written");
    git(&world.repo(0), &["commit", "-q", "-a", "-m", "less"]);
    world.run(&["index"]);
    assert!(told().contains("‹excluded›") && is_clean(&told()), "{}", told());
    git(&world.repo(0), &["revert", "--no-edit", "HEAD"]);
    apply("");
    world.run(&["index"]);
    assert!(
        told().contains("Unlike `open_safe`") && told().contains("turn_key"),
        "{}",
        told()
    );
}
