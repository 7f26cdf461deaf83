//! Published files, byte for byte: outputs of the scenarios, schemas, messages, pictures, the model's digests.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden --test cli` rewrites all golden files.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod architecture;
mod charts_svg;
#[path = "../common"]
mod common {
    #[expect(dead_code, reason = "the tests of the command line use the rest")]
    pub mod program;
}
mod errors;
mod gallery;
mod model_version;
mod outputs;
mod palette;
mod public_api;
mod report_page;
mod schema;
mod timeline_svg;
