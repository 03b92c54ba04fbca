//! The `louver` program; everything is in the library.

fn main() -> std::process::ExitCode {
    louver::cli::main()
}
