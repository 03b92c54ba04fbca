//~ error[E0308]
fn main() {
    let name: louver::scope::RepoName = "acme/secret".parse().expect("a name");
    let _ = louver::sources::Mirror::open(std::path::Path::new("."), &name);
}
