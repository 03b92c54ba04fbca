//~ error[E0624]
fn read(snapshot: &louver::index::Snapshot) {
    let _ = snapshot.repo("acme/secret");
}

fn main() {}
