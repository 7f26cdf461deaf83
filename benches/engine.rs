//! Speed of the engine on fixed scenarios: those of `benches/scenarios`, the lecture and the web shop.
//!
//! `cargo bench` measures; `cargo bench -- --save-baseline NAME` stores the result and `cargo bench -- --baseline NAME`
//! compares with it. Under `cargo test` each scenario runs once, shortened. `benches/instructions.py` counts
//! instructions instead, which do not depend on other load on the machine.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use criterion::{Criterion, SamplingMode, Throughput};
use serde_json::Value;
use waitline::scenario::{Scenario, Source, to_json};
use waitline::study::{Options, Watch, run};

/// Number of requests of each scenario under `cargo test`.
const FEW: u64 = 2_000;

fn main() {
    let is_short = !std::env::args().any(|argument| argument == "--bench");
    let mut criterion = Criterion::default().configure_from_args();
    for path in scenarios() {
        bench(&mut criterion, &path, is_short);
    }
    criterion.final_summary();
}

/// The files sorted by name, then two of the shipped scenarios.
fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("benches/scenarios").read_dir().expect("the folder of the benchmarks exists");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths.extend(["lecture", "web_shop"].map(|name| root.join(format!("scenarios/{name}.json"))));
    paths
}

fn bench(criterion: &mut Criterion, path: &Path, is_short: bool) {
    let name = path.file_stem().and_then(|name| name.to_str()).expect("names are plain");
    let text = std::fs::read_to_string(path).expect("a scenario can be read");
    let mut document = to_json(Source::new(name, text)).expect("a scenario is JSON");
    if is_short && let Some(requests) = document.pointer_mut("/run/requests") {
        *requests = FEW.into();
    }
    let requests = document.pointer("/run/requests").and_then(Value::as_u64);
    let scenario = Scenario::from_json(&document.to_string()).expect("a scenario is valid");
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    if let Some(requests) = requests {
        group.throughput(Throughput::Elements(requests * scenario.policies().len() as u64));
    }
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let options = Options { timeline: Some(0), ..Options::default() };
            let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
            run(&scenario, &options, &mut watch).expect("the run is not interrupted")
        });
    });
    group.finish();
}
