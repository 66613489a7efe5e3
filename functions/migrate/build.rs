//! Rebuilds this crate when a migration is added: the macro that embeds them notices only changes.

fn main() {
    println!("cargo::rerun-if-changed=../../infra/migrations");
}
