//! Builds the program anew when a shipped workflow changes: they are compiled in.

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn main() {
    println!("cargo:rerun-if-changed=workflows");
}
