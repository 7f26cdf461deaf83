//! `waitline init`: a scenario that explains itself.

use std::num::{NonZeroU32, NonZeroU64};

use clap::Args;
use indexmap::IndexMap;

use super::failure::Failure;
use super::terminal::Stdout;
use crate::model::{Backend, OnTimeout, SimDuration};
use crate::policy::{Async, PolicyChoice, Sync, Threaded};
use crate::random::{Arrivals, Distribution, Pair, Spread};
use crate::scenario::format::{ClassForm, DbForm, MachineForm, PhaseForm, RunForm, ScenarioForm, WaitForm};
use crate::scenario::{Draft, WarmUp};

const EXAMPLES: &str = "\
Examples:
  waitline init > shop.json       start from it
  waitline init | waitline run -  try it at once";

/// Print a commented scenario to start from
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InitCommand {}

impl InitCommand {
    /// Prints it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn execute(&self, stdout: &mut Stdout) -> Result<(), Failure> {
        stdout.write(&draft().to_string())
    }
}

fn draft() -> Draft {
    let mut draft = Draft::of(&scenario(), &|pointer| SHOWN.contains(&pointer));
    for (pointer, comment) in COMMENTS {
        draft.comment(pointer, comment);
    }
    draft
}

/// Defaults that are written to show the fields.
const SHOWN: [&str; 3] = ["/classes/api/weight", "/policies/2/threaded/gil", "/run/seed"];

fn scenario() -> ScenarioForm {
    let classes = IndexMap::from([
        ("page".to_owned(), ClassForm { weight: 3.0, ..ClassForm::new(page()) }),
        ("api".to_owned(), ClassForm::new(api())),
    ]);
    let arrivals = Arrivals::Poisson("30/s".parse().expect("30/s is a rate"));
    ScenarioForm {
        schema: Some("scenario.schema.json".to_owned()),
        description: Some("A small shop: a page with two database queries, and a cheap API call.".to_owned()),
        machine: MachineForm { cores: number(2), ..MachineForm::default() },
        backends: IndexMap::from([("payments".to_owned(), Backend::default())]),
        run: RunForm {
            requests: NonZeroU64::new(20_000),
            warm_up: WarmUp::Fixed(millis(10_000)),
            replications: NonZeroU64::from(number(5)),
            ..RunForm::default()
        },
        slo: ["async.p99 < 400ms", "more-sync.page.p95 < 200ms", "all.error_rate == 0%", "warn: utilization < 85%"]
            .map(str::to_owned)
            .into(),
        ..ScenarioForm::new(classes, arrivals, policies())
    }
}

fn page() -> Vec<PhaseForm> {
    let cv = 0.8.try_into().expect("0.8 is a coefficient of variation");
    let query = Spread::new(Pair::MeanAndCv { mean: millis(20), cv }).expect("any mean and cv give a lognormal");
    let query = Distribution::Lognormal(query);
    vec![
        PhaseForm::Framework(Distribution::Constant(millis(1))),
        PhaseForm::Db(DbForm::Plain(query)),
        PhaseForm::Compute(Distribution::Exponential(millis(4))),
        PhaseForm::Db(DbForm::Plain(Distribution::Constant(millis(15)))),
        PhaseForm::Framework(Distribution::Constant(millis(1))),
    ]
}

fn api() -> Vec<PhaseForm> {
    let payment = WaitForm {
        backend: "payments".to_owned(),
        time: Distribution::Exponential(millis(60)),
        blocking: false,
        timeout: None,
        on_timeout: OnTimeout::Fail,
        retries: None,
    };
    vec![
        PhaseForm::Compute(Distribution::Constant(millis(2))),
        PhaseForm::Wait(payment),
        PhaseForm::Compute(Distribution::Constant(millis(1))),
    ]
}

fn policies() -> Vec<PolicyChoice> {
    vec![
        PolicyChoice::Sync(Sync { workers: number(2), ..Sync::default() }),
        PolicyChoice::Sync(Sync { name: Some("more-sync".to_owned()), workers: number(8), ..Sync::default() }),
        PolicyChoice::Threaded(Threaded { workers: number(2), threads: number(8), ..Threaded::default() }),
        PolicyChoice::Async(Async { workers: number(2), ..Async::default() }),
    ]
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("the numbers of this scenario are above 0")
}

const fn millis(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
}

/// What is explained where. An empty line sets the sections apart.
const COMMENTS: [(&str, &str); 21] = [
    ("", "A scenario for waitline. Run it:   waitline run shop.json"),
    (
        "/$schema",
        "Completion and documentation while you type, in editors that support JSON Schema:\n\
         waitline schema scenario > scenario.schema.json",
    ),
    ("/description", "\nWhat this scenario shows."),
    ("/classes", "\nThe kinds of request, each with its phases in order."),
    ("/classes/page/weight", "Share of the requests, relative to the other classes: 3 of 4 requests are pages."),
    ("/classes/page/phases/0", "CPU work in code that you cannot change: parsing, routing, sessions."),
    (
        "/classes/page/phases/1",
        "A wait for the database. A plain duration is constant; other distributions are objects with one key.",
    ),
    ("/classes/page/phases/2", "CPU work in your own code: 4 ms on average, often less and occasionally much more."),
    ("/classes/api/phases/1", "A wait for another backend, declared below."),
    ("/classes/api/phases/2", "There are also plain delays that use no resource: { \"sleep\": \"10ms\" }"),
    (
        "/arrivals",
        "\nWhen requests arrive: at random (Poisson) with this rate. Alternatives: { \"constant\": \"30/s\" },\n\
         a distribution of the time between arrivals, such as { \"renewal\": { \"uniform\": [\"0ms\", \"60ms\"] } },\n\
         or a list: { \"at\": [ { \"time\": \"0ms\", \"class\": \"page\" } ] }.",
    ),
    ("/machine", "\nThe machine that runs the policies."),
    ("/backends", "\nWhat requests wait for. The database `db` always exists; name it here to limit it."),
    (
        "/policies",
        "\nFaults during the run, once or, with \"every\", repeatedly:\n\
         \"faults\": [ { \"name\": \"outage\", \"at\": \"60s\", \"for\": \"10s\", \"slow\": { \"backend\": \"payments\", \"time\": \"5s\" } } ],\n\
         Objectives can refer to them: \"during outage: page.p95 < 1s\", \"recovered outage < 30s\".\n\n\
         The policies to compare. Each gets the same requests, so any difference comes from the policy.",
    ),
    ("/policies/0", "Two processes that serve one request at a time. Two policies of the same kind need names."),
    (
        "/policies/2",
        "Two processes with eight threads each. One thread of a process runs at a time: the GIL, as in CPython\n\
         and Ruby; it is handed over after \"switch_interval\" (5ms). Use \"gil\": false for the JVM, Go or .NET.",
    ),
    (
        "/policies/3",
        "Two processes with an event loop each. \"max_in_progress\" limits the requests that one has in progress.",
    ),
    (
        "/run",
        "\nLength of a run: a number of requests, or \"duration\": \"10m\". The same seed gives the same numbers.",
    ),
    (
        "/run/warm_up",
        "Requests that arrive while the system fills up are left out of the results: for a duration,\n\
         \"auto\" (until response times settle), or \"none\".",
    ),
    (
        "/run/replications",
        "Number of independent runs: they show how far the numbers can be trusted.\n\
         Alternatively \"precision\": \"2%\", which adds runs until the intervals are that narrow.",
    ),
    (
        "/slo",
        "\nObjectives: [warn:] [policy.][class.]metric, a comparison, and a bound. Omitted names, or \"all\", mean all\n\
         of them. Metrics: mean, p50, p95, p99, max, error_rate, throughput, utilization, slowdown.p99 and more.",
    ),
];
