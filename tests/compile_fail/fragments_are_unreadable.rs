//~ error[E0624]
fn main() {
    let name = louver::extraction::Fragment::new("name");
    let _ = name.expose();
}
