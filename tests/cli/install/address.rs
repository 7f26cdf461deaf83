//! The address of the repository is set in one place.

use std::path::Path;

use super::{read, texts};

#[test]
fn only_the_manifest_has_the_address_of_the_repository() {
    let address = env!("CARGO_PKG_REPOSITORY");
    let (_, place) = address.split_once("://").expect("an address has a scheme");
    assert!(read("Cargo.toml").contains(&format!("repository = \"{address}\"")), "Cargo.toml has {address}");
    let others: Vec<_> = texts().into_iter().filter(|(_, text)| text.contains(place)).map(|(path, _)| path).collect();
    assert_eq!(others, [Path::new("Cargo.toml")], "{address} is set in Cargo.toml, and taken from there");
}
