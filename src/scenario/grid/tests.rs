use serde_json::json;

use super::*;

const SHOP: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "5ms" }, { "db": { "lognormal": { "mean": "40ms", "cv": 0.8 } } } ] } },
  "arrivals": { "poisson": "30/s" },
  "policies": [ { "sync": { "workers": 4 } }, { "threaded": { "threads": 4 } }, { "async": {} } ],
  "run": { "requests": 2000 }
}"#;

fn grid(variations: &[&str]) -> Grid {
    Grid::from_json(SHOP, variations).unwrap_or_else(|error| panic!("{}", error.render(false)))
}

fn labels(variation: &str) -> Vec<String> {
    grid(&[variation]).dimensions()[0].values.iter().map(|value| value.label.clone()).collect()
}

#[test]
fn dimensions_are_crossed_and_the_last_one_changes_fastest() {
    let grid = grid(&["arrivals.poisson=10/s,20/s", "machine.cores=1,2,4"]);
    assert_eq!(grid.points().len(), 6);
    let choice = |point| grid.choice(point).iter().map(|value| value.label.as_str()).collect::<Vec<_>>();
    assert_eq!([choice(0), choice(1), choice(5)], [["10/s", "1"], ["10/s", "2"], ["20/s", "4"]]);
    assert_eq!(grid.places(4), [1, 1]);
    assert_eq!(grid.points()[4].machine().cores, 2);
    assert_eq!(grid.dimensions()[0].kind, Some(AxisKind::Rate));
}

#[test]
fn a_bare_field_applies_to_every_policy_that_has_it() {
    let grid = grid(&["workers,threads=1x8,2x4"]);
    let of = |point: usize| -> Vec<_> {
        let policies = grid.points()[point].policies();
        policies.iter().map(|policy| (policy.rules().workers, policy.rules().slots)).collect()
    };
    assert_eq!(of(0), [(1, Some(1)), (1, Some(8)), (1, None)]);
    assert_eq!(of(1), [(2, Some(1)), (2, Some(4)), (2, None)]);
    assert_eq!(grid.choice(1)[0].label, "2x4");
    assert_eq!(grid.choice(1)[0].values, [json!(2), json!(4)]);
    assert_eq!(grid.dimensions()[0].name(), "workers,threads");
    assert_eq!(labels("cores=1,2,2"), ["1", "2"]);
}

#[test]
fn a_factor_multiplies_what_the_scenario_has() {
    assert_eq!(labels("arrivals.poisson=x0.5,x1,x2"), ["15/s", "30/s", "60/s"]);
    assert_eq!(labels("policies.sync.workers=x0.5..x2"), ["2", "3", "4", "5", "6", "7", "8"]);
    assert_eq!(labels("arrivals=x0.5,x2"), ["x0.5", "x2"]);
    assert_eq!(labels("threads=x1,x2"), ["4", "8"]);
    let slower = grid(&["classes.page.phases[1].db=x2"]);
    assert!(slower.points()[0].canonical().to_string().contains("80ms"), "{}", slower.points()[0].canonical());
}

#[test]
fn an_error_names_the_option_the_place_and_what_to_do() {
    for (variation, message, help) in [
        ("workers", "must contain `=`", "--vary workers=1,2,4,8"),
        ("worker=1,2", "nothing in the scenario is called `worker`", "did you mean `workers`?"),
        ("workers=1,0", "0", ""),
        ("workers,threads=1x8,2", "2 paths need 2 values", "workers,threads=1x8,2x4"),
        ("workers,threads=1x8,2x1..4", "a range cannot be joined", "one by one"),
        ("policies.sync.order=x2", "to multiply", "instead of factors"),
        ("arrivals.poisson=10..5/s", "from a lower to a higher", "`5/s..10/s`"),
        ("arrivals.posson=10/s", "posson", "poisson"),
        ("workers=", "a value is missing", "commas"),
    ] {
        let error = Grid::from_json(SHOP, &[variation]).expect_err(variation);
        let shown = error.render(false);
        assert!(shown.contains(message) && shown.contains(help) && shown.contains("--vary"), "{variation}:\n{shown}");
    }
    let twice = Grid::from_json(SHOP, &["workers=1,2", "workers=3"]).expect_err("twice");
    assert!(twice.message().contains("varied twice"));
    let many = Grid::from_json(SHOP, &["workers=1..1000:1", "threads=1..1000:1"]).expect_err("many");
    assert!(many.message().contains("1000 × 1000 are more than"));
}
