//~ error[E0451]
fn forge(origin: std::sync::Arc<str>, leaf: louver::audit::merkle::Hash) -> louver::audit::Receipt {
    louver::audit::Receipt { origin, index: 0, leaf }
}

fn main() {}
