//~ error[E0277]
fn main() {
    let name = louver::extraction::Fragment::new("name");
    println!("{name}");
}
