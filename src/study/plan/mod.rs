//! The smallest configurations of each policy that meet objectives, and how sure that is.
//!
//! [`search`] decides which configurations are tried, [`candidate`] whether one meets its objectives, [`trial`] is the sequential
//! test behind that, [`measure`] what objectives ask of a replication, and [`answer`] what else is said about the choice;
//! [`sharing`] divides the replications among machines.

mod answer;
mod candidate;
mod course;
mod floor;
mod ladder;
mod measure;
mod price;
mod replicated;
mod report;
mod results;
mod search;
mod sharing;
pub(in crate::study) mod sizing;
mod subject;
mod tally;
mod trial;
mod variation;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use indexmap::IndexMap;

use crate::policy::PolicyChoice;
use crate::scenario::{Objective, Scenario};

use self::course::{DemandSummary, steady_rate};
use self::floor::{Demands, is_a_floor};
use self::measure::{Asked, Measure};
use self::search::{OF_CONFIGURATIONS, Search};
use self::sharing::Sharing;
use self::sizing::Sizing;
use self::subject::Subject;
use super::JobPool;
use super::answering::always_answers;
use super::replications::Halted;
use super::units::Units;

pub use price::{PlanLimits, Prices};
pub use results::{
    BindingStation, Configuration, FrontierPoint, MoreIsWorse, PLAN_SCHEMA, Plan, PlanChange, PlanDecision,
    PlanVariation, PlanVerdict, PolicyPlan, RuleOfThumb, ThumbRule, Tried, TriedObjective, VariedObjective, WhyNot,
};
pub use sizing::Choose;
pub use trial::MOST_REQUESTS;

/// What is asked of a plan beyond its scenario.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PlanOptions {
    /// Plan only the policies of these names; all when empty. Names are checked by the caller.
    pub policies: Vec<String>,
    /// The sizes to be chosen, as far as a policy has them; its workers and threads when empty.
    pub choose: Vec<Choose>,
    /// The indifference zone δ, as a share of each bound.
    pub within: f64,
    /// What workers, threads, connections and cores cost: the cheapest configuration is chosen.
    pub prices: Prices,
    /// What a configuration may not exceed.
    pub limits: PlanLimits,
    /// Whether the objectives must also be met with a tenth more load and with queries that take a fifth longer.
    pub robust: bool,
    /// Whether to choose nothing, and find the highest load of the configuration as it is.
    pub max_load: bool,
    /// Whether to leave out everything that is said about the choice.
    pub only_choice: bool,
    /// What does the work: by default a thread on each core. It changes no number.
    pub pool: JobPool,
    /// Where replications are simulated; by default here, all of them.
    #[doc(hidden)]
    pub units: Units,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            policies: Vec::new(),
            choose: Vec::new(),
            within: WITHIN,
            prices: Prices::default(),
            limits: PlanLimits::default(),
            robust: false,
            max_load: false,
            only_choice: false,
            pool: JobPool::default(),
            units: Units::default(),
        }
    }
}

/// The indifference zone where none is asked for.
pub const WITHIN: f64 = 0.01;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum NotPlannable {
    /// The scenario has no objective that a policy must meet.
    NoObjectives,
    /// An objective cannot be planned for.
    Objective {
        /// Its place in the scenario.
        place: usize,
        /// What is wrong with it.
        why: Unplannable,
    },
    /// No policy has one of the sizes that are to be chosen.
    NothingToChoose,
    /// The highest load was asked of arrivals that have no load of their own.
    NoLoad,
}

/// What is wrong with an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Unplannable {
    /// Equality is never certain.
    Equality,
    /// Maxima and totals grow with the length of a run, which a plan chooses.
    GrowsWithTheRun,
}

/// Called while a plan is made, from any thread, with the number of configurations that were tried; breaking ends it with what is
/// known.
pub type PlanWatch<'a> = dyn Fn(u64) -> ControlFlow<()> + Sync + 'a;

/// Finds the smallest configurations of each policy that meet the scenario's objectives.
///
/// The answer of each policy is right within δ ([`PlanOptions::within`]) with the probability `run.confidence` of the scenario: the
/// choice meets the objectives with bounds δ wider, and no cheaper configuration that was decided meets them with bounds δ
/// narrower. It depends on the scenario and its seed, and not on the number of threads.
///
/// ```
/// use std::ops::ControlFlow;
/// use waitline::{PlanOptions, Scenario, plan};
///
/// // Erlang: ten workers wait 1 % of the requests for 528 ms and longer, eleven for 474 ms.
/// let scenario = Scenario::from_json(
///     r#"{
///       "classes": { "page": { "phases": [ { "db": { "exponential": "100ms" } } ] } },
///       "arrivals": { "poisson": "80/s" },
///       "policies": [ { "sync": {} } ],
///       "run": { "requests": 10000 },
///       "slo": [ "p99 < 500ms" ]
///     }"#,
/// )
/// .expect("the scenario is valid");
/// let plan = plan(&scenario, &PlanOptions::default(), &|_| ControlFlow::Continue(())).expect("it has an objective");
/// let choice = plan.policies[0].choice.as_ref().expect("ten workers are enough");
/// assert_eq!(choice.0["workers"], 10);
/// ```
///
/// # Errors
/// If there is nothing to plan for, or an objective cannot be planned for.
pub fn plan(scenario: &Scenario, options: &PlanOptions, watch: &PlanWatch<'_>) -> Result<Plan, NotPlannable> {
    let places = plannable(scenario, options)?;
    let tried = AtomicU64::new(0);
    let policies = places.into_iter().map(|place| {
        let job =
            PolicyJob { scenario, place, options, watch: &|| watch(tried.load(Ordering::Relaxed)), tried: &tried };
        job.plan()
    });
    let policies = policies.collect();
    Ok(Plan {
        schema: PLAN_SCHEMA,
        waitline: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name().to_owned(),
        seed: scenario.run().seed,
        slo: binding_objectives(scenario).map(|objective| objective.text.clone()).collect(),
        within: options.within,
        confidence: scenario.run().confidence,
        robust: options.robust,
        most_requests: MOST_REQUESTS,
        policies,
    })
}

/// The objectives that must be met: those that only warn are left out.
fn binding_objectives(scenario: &Scenario) -> impl Iterator<Item = &Objective> {
    scenario.objectives().iter().filter(|objective| !objective.warns)
}

/// The policies that can be planned, by their places.
fn plannable(scenario: &Scenario, options: &PlanOptions) -> Result<Vec<usize>, NotPlannable> {
    for (place, objective) in scenario.objectives().iter().enumerate().filter(|(_, objective)| !objective.warns) {
        if let Some(why) = Asked::new(objective, options.within).unplannable(scenario) {
            return Err(NotPlannable::Objective { place, why });
        }
    }
    if options.max_load && steady_rate(scenario).is_none() {
        return Err(NotPlannable::NoLoad);
    }
    let is_chosen = |policy: &PolicyChoice| {
        options.policies.is_empty() || options.policies.iter().any(|name| name == policy.name())
    };
    let is_asked = |place: usize| binding_objectives(scenario).any(|one| one.policy.is_none_or(|own| own == place));
    let policies = scenario.policies().iter().enumerate();
    let asked: Vec<_> = policies.filter(|(place, policy)| is_chosen(policy) && is_asked(*place)).collect();
    if asked.is_empty() {
        return Err(NotPlannable::NoObjectives);
    }
    let has_sizes = |policy: &PolicyChoice| !Sizing::of(&options.choose, scenario, policy).is_empty();
    let places: Vec<usize> =
        asked.into_iter().filter(|(_, policy)| has_sizes(policy)).map(|(place, _)| place).collect();
    if places.is_empty() { Err(NotPlannable::NothingToChoose) } else { Ok(places) }
}

/// The plan of one policy.
struct PolicyJob<'a> {
    scenario: &'a Scenario,
    place: usize,
    options: &'a PlanOptions,
    watch: &'a trial::Watching<'a>,
    tried: &'a AtomicU64,
}

impl PolicyJob<'_> {
    fn plan(&self) -> PolicyPlan {
        let policy = &self.scenario.policies()[self.place];
        let concerned = binding_objectives(self.scenario).filter(|one| one.policy.is_none_or(|own| own == self.place));
        let asked: Vec<Asked<'_>> = concerned.map(|one| Asked::new(one, self.options.within)).collect();
        let dimensions = Sizing::of(&self.options.choose, self.scenario, policy);
        let mut search = Search {
            scenario: self.scenario,
            place: self.place,
            dimensions,
            sharing: Sharing::new(&self.options.units, self.scenario, self.place, &asked),
            asked,
            demand: DemandSummary::default(),
            prices: self.options.prices,
            limits: &self.options.limits,
            robust: self.options.robust,
            error: 1.0 - self.scenario.run().confidence,
            level: self.scenario.run().confidence,
            pool: &self.options.pool,
            watch: self.watch,
            counter: self.tried,
            tried: IndexMap::new(),
            tests: 0,
            too_small: None,
            limited: false,
        };
        let mut plan = search.empty_plan(policy);
        let found = self.search(&mut search, &mut plan);
        search.finish(&mut plan, found.is_err());
        plan
    }

    fn search(&self, search: &mut Search<'_>, plan: &mut PolicyPlan) -> Result<(), Halted> {
        let impossible = self.draw_demands(search, plan)?;
        if self.options.max_load {
            return self.highest_load(search, plan);
        }
        if let Some(objective) = impossible {
            (plan.verdict, plan.why) = (PlanVerdict::Impossible, Some(WhyNot::Floor { objective }));
            return Ok(());
        }
        let Some(choice) = search.cheapest()? else { return Ok(()) };
        plan.verdict = PlanVerdict::Meets;
        plan.choice = Some(search.configuration(&choice));
        let configured = search.configured(&choice);
        plan.policy = configured.policies().get(self.place).cloned();
        plan.pools = search.pools(&configured);
        plan.as_it_is = search.as_it_is();
        plan.requests = search.requests();
        if self.options.only_choice { Ok(()) } else { describe(search, plan, &choice) }
    }

    /// Draws demands; the objective that no configuration can meet, if there is one.
    fn draw_demands(&self, search: &mut Search<'_>, plan: &mut PolicyPlan) -> Result<Option<String>, Halted> {
        let policy = &self.scenario.policies()[self.place];
        let error = search.error * (1.0 - OF_CONFIGURATIONS) / search.asked.len() as f64;
        let demands = Demands::draw(self.scenario, policy, &search.asked, error, self.watch)?;
        search.demand = demands.summary();
        if !is_a_floor(self.scenario) {
            return Ok(None);
        }
        let answers = always_answers(self.scenario, policy);
        let of_all = |asked: &&Asked<'_>| match asked.measure {
            Measure::Share(tail) => answers || !tail.answered_only,
            Measure::Mean(_) | Measure::ErrorRate(_) | Measure::Number(_) | Measure::Headroom => answers,
        };
        let floors = search.asked.iter().filter(of_all);
        let floors: Vec<_> = floors.filter_map(|asked| Some((asked, demands.floor_of(asked, error)?))).collect();
        let proven = floors.iter().find(|(_, floor)| floor.is_impossible);
        plan.floor_ms = proven.or(floors.first()).map(|(_, floor)| floor.number_ms);
        Ok(proven.map(|(asked, _)| asked.objective.text.clone()))
    }

    /// The highest load of the configuration as it is.
    fn highest_load(&self, search: &mut Search<'_>, plan: &mut PolicyPlan) -> Result<(), Halted> {
        let subject = Subject::as_it_is(self.scenario);
        let bracket = search.bracket(&subject, None)?;
        plan.max_load_per_s = Some([bracket.lowest, bracket.highest]);
        let arriving = steady_rate(self.scenario);
        plan.verdict = arriving.map_or(PlanVerdict::Undecided, |rate| bracket.at(rate));
        search.describe_capacity(plan, &subject)
    }
}

/// What else is said about the choice.
fn describe(search: &mut Search<'_>, plan: &mut PolicyPlan, choice: &[u32]) -> Result<(), Halted> {
    let subject = search.subject(choice);
    search.describe_capacity(plan, &subject)?;
    search.look_above(choice)?;
    let known = search.tried.get(choice).map(|attempt| attempt.outcome.judged.decision).filter(|_| !search.robust);
    let bracket = search.bracket(&subject, known)?;
    if steady_rate(&subject.scenario).is_some() {
        plan.max_load_per_s = Some([bracket.lowest, bracket.highest]);
    }
    plan.variations = search.variations_of(&subject)?;
    plan.more_cpu_time = search.more_cpu_time(&subject)?;
    plan.rule_of_thumb = search.rule_of_thumb(Some(choice))?;
    Ok(())
}
