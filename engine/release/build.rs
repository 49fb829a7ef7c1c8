//! Builds the program anew when a shipped workflow changes: they are compiled in.

fn main() {
    println!("cargo:rerun-if-changed=../../workflows");
}
