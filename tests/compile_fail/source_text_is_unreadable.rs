//~ error[E0624]
fn main() {
    let text = louver::extraction::SourceText::new(Vec::new());
    let _ = text.as_bytes();
}
