//! The crate: what is in it, and that it has all that it is built from.

use std::env;
use std::path::Path;
use std::process::Command;

use super::{root, texts};

/// The files of the package.
fn packed() -> Vec<String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["package", "--list", "--allow-dirty", "--locked", "--offline"]).current_dir(root());
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|path| path.replace('\\', "/")).collect()
}

#[test]
fn the_package_has_the_sources_and_little_else() {
    let mut others = packed();
    others.retain(|path| !path.starts_with("src/") && path != ".cargo_vcs_info.json");
    let expected = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "docs/library.md",
        "docs/not_modelled.md",
        "output/lecture/timeline.svg",
    ];
    assert_eq!(others, expected);
}

#[test]
fn every_file_that_a_source_includes_is_in_the_package() {
    let packed = packed();
    let mut included = 0;
    for (path, text) in texts() {
        let is_built = path.starts_with("src") && !path.ends_with("tests.rs");
        for rest in text.split("include_str!(\"").skip(1).filter(|_| is_built) {
            let name = rest.split('"').next().unwrap();
            let file = root().join(path.parent().unwrap()).join(name).canonicalize().unwrap();
            let file = file.strip_prefix(root().canonicalize().unwrap()).unwrap().to_string_lossy().replace('\\', "/");
            assert!(
                packed.contains(&file),
                "{} includes {file}, which `include` in Cargo.toml leaves out",
                path.display()
            );
            included += 1;
        }
    }
    assert!(included > 3, "the page and its documentation are included");
}

#[test]
fn registries_get_what_they_show() {
    for (field, value) in [
        ("description", env!("CARGO_PKG_DESCRIPTION")),
        ("license", env!("CARGO_PKG_LICENSE")),
        ("repository", env!("CARGO_PKG_REPOSITORY")),
        ("readme", env!("CARGO_PKG_README")),
        ("rust-version", env!("CARGO_PKG_RUST_VERSION")),
    ] {
        assert!(!value.is_empty(), "Cargo.toml has no {field}");
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE", env!("CARGO_PKG_README")] {
        assert!(Path::new(&root().join(file)).is_file(), "{file}");
    }
}
