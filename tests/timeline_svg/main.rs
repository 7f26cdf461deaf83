//! The timeline is faithful, readable and well-formed, from one request to sixty.

mod data;

use std::fs;
use waitline::output::timeline_svg;

#[test]
fn gallery() {
    let Ok(dir) = std::env::var("GALLERY") else { return };
    let all = [
        ("lecture", data::lecture()),
        ("one", data::made_up(1, 1.0, 30.0, 1, 1)),
        ("n10", data::made_up(10, 1.0, 30.0, 2, 2)),
        ("n24", data::made_up(24, 1.0, 30.0, 2, 3)),
        ("n60", data::made_up(60, 1.0, 20.0, 4, 8)),
        ("micro", data::made_up(6, 0.001, 30.0, 1, 2)),
        ("seconds", data::made_up(8, 100.0, 30.0, 2, 2)),
        ("hours", data::made_up(8, 100_000.0, 30.0, 2, 2)),
        ("cut", data::cut(data::made_up(10, 1.0, 20.0, 2, 2), 260.0)),
        ("late", data::late(data::made_up(40, 1.0, 20.0, 3, 4), 600_000.0)),
        ("odd", data::odd_names()),
        ("many", data::made_up(60, 1.0, 1.0, 60, 2)),
    ];
    for (name, results) in all {
        fs::write(format!("{dir}/{name}.svg"), timeline_svg(&results)).unwrap();
    }
}
