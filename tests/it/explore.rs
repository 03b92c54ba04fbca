//! `explore`: what matters for a task, how it hangs together, and what lies between.

use crate::served::{SHOP, Served};
use crate::world::{World, repository};
use serde_json::{Value, json};

const RETRY: &str = "/// How often a request is retried.
pub struct RetryPolicy {
    pub most: u32,
}

/// Retries a request until the policy ends it.
pub fn retry_request(policy: &RetryPolicy) {
    wait(policy.most);
}

fn wait(n: u32) {}
";

const CLIENT: &str = "use crate::retry::{RetryPolicy, retry_request};

/// Talks to the service.
pub struct Client {
    policy: RetryPolicy,
}

impl Client {
    pub fn send(&self) {
        retry_request(&self.policy);
        self.load();
    }

    /// Reads the retry settings of a request.
    fn load(&self) {}
}
";

fn world() -> (World, tempfile::TempDir) {
    let repo = repository(&[
        ("src/lib.rs", "mod client;\nmod retry;\n"),
        ("src/client.rs", CLIENT),
        ("src/retry.rs", RETRY),
        ("src/other.rs", "pub fn paint() {}\n"),
    ]);
    (World::of(&[("acme/app", "public", repo.path())]), repo)
}

fn items(world: &World, mut arguments: Value) -> Vec<Value> {
    arguments["format"] = "json".into();
    let answer: Value = serde_json::from_str(&world.ask("explore", arguments)).expect("JSON");
    answer["items"].as_array().expect("items").clone()
}

fn named<'a>(items: &'a [Value], symbol: &str) -> &'a Value {
    let end = format!("#{symbol}");
    let found = items
        .iter()
        .find(|it| it["handle"].as_str().is_some_and(|it| it.ends_with(&end)));
    found.unwrap_or_else(|| panic!("no {symbol} in {items:#?}"))
}

#[test]
fn what_matters_is_told_with_its_relations_and_what_connects_it() {
    let (world, _repo) = world();
    let found = items(&world, json!({"task": "where are request retries configured"}));
    let retry = named(&found, "retry_request");
    assert_eq!(
        retry["links"],
        json!([{"relation": "type_use", "to": "src/retry.rs#RetryPolicy"}])
    );
    assert_eq!(retry["used_by"], 1);
    let send = named(&found, "Client.send");
    assert!(
        send["links"]
            .as_array()
            .expect("links")
            .contains(&json!({"relation": "calls", "to": "src/retry.rs#retry_request"})),
        "{send}"
    );
    assert!(
        !found
            .iter()
            .any(|it| it["handle"].as_str().is_some_and(|it| it.contains("paint")))
    );
    let text = world.ask("explore", json!({"task": "where are request retries configured"}));
    assert_eq!(text.matches("\nacme/app:src/retry.rs\n").count(), 1, "{text}");
}

const BASKET: &str = "use crate::price::{Price, price_add, price_zero};

/// Adds up the price of a basket.
pub fn basket_price() -> Price {
    let none = Price { cents: 0 };
    price_add(price_zero(), none)
}
";

const PRICE: &str = "/// What a basket costs.
pub struct Price {
    pub cents: u32,
}

/// The price of an empty basket.
pub fn price_zero() -> Price {
    Price { cents: 0 }
}

/// The price of two baskets.
pub fn price_add(one: Price, two: Price) -> Price {
    one
}
";

#[test]
fn links_say_a_file_once_and_nothing_twice() {
    let repo = repository(&[
        ("src/lib.rs", "mod basket;\nmod price;\n"),
        ("src/basket.rs", BASKET),
        ("src/price.rs", PRICE),
    ]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let text = world.ask("explore", json!({"task": "price of a basket"}));
    let links = "\n  calls src/price.rs#{price_add, price_zero}\n  constructs src/price.rs#Price\n";
    assert!(text.contains(links), "{text}");
    // It also names the type that it constructs.
    assert!(!text.contains("type_use src/price.rs#Price"), "{text}");
    assert!(text.contains("\n  type_use #Price\n"), "{text}");
}

#[test]
fn a_task_can_be_kept_to_a_folder_and_says_when_nothing_matches() {
    let (world, _repo) = world();
    let found = items(&world, json!({"task": "retry request", "path": "src/retry.rs"}));
    let handles = found.iter().filter(|it| it["why"] != json!(["connects"]));
    for item in handles {
        assert!(
            item["handle"].as_str().is_some_and(|it| it.contains("src/retry.rs")),
            "{item}"
        );
    }
    let none = world.ask("explore", json!({"task": "zebra xylophone"}));
    assert!(none.contains("nothing matches these words"), "{none}");
}

/// The words of a task are a question like any other: their digest is kept, so that a suspected one can be confirmed.
#[test]
fn the_record_of_a_task_confirms_its_words() {
    let louver = Served::start(SHOP);
    let words = "how is an order charged";
    louver.call("search_symbols", json!({"query": words}));
    louver.call("explore", json!({"task": words}));
    let digests: Vec<Value> = louver
        .call_records()
        .iter()
        .map(|it| it["query"]["digest"].clone())
        .collect();
    let [.., searched, explored] = digests.as_slice() else {
        panic!("two records: {digests:?}")
    };
    assert!(searched.is_string() && searched == explored, "{digests:?}");
}

#[test]
fn a_declaration_is_told_as_its_definition() {
    let repo = repository(&[
        ("lock.h", "void lock_account(int id);\n"),
        (
            "lock.c",
            "#include \"lock.h\"\nvoid lock_account(int id) { write(id); }\n",
        ),
        (
            "main.c",
            "#include \"lock.h\"\nint main(void) { lock_account(1); return 0; }\n",
        ),
    ]);
    let world = World::of(&[("acme/lock", "internal", repo.path())]);
    let told = world.ask("explore", json!({"task": "lock an account"}));
    assert_eq!(told.matches("lock_account function").count(), 1, "{told}");
    assert!(told.contains("acme/lock:lock.c"), "{told}");
}
