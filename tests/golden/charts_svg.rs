//! The charts of long runs are well-formed and readable, and show their data: with few policies and many, short names and hostile
//! ones.

use waitline::model::{Activity, Breakdown};
use waitline::output::{
    breakdown_svg, has_breakdown, has_latency, has_over_time, latency_svg, over_time_svg, timeline_svg, timeline_svg_of,
};
use waitline::stats::{
    BandOf, CurveStep, FaultWindow, FaultWindowKind, LaneChoice, PercentileBand, PercentileCurve, Pictures,
    PolicyPictures, PolicyResults, RequestCounts, ScenarioResults, SpentPart, Stretch, StretchReason, TimeWindow,
};

use crate::timeline_svg::data;
use crate::timeline_svg::picture::Picture;

/// A policy whose requests take `ms` at the median and many times that at the end, and of which some get no answer.
fn policy(name: &str, ms: f64, unanswered: f64) -> (PolicyResults, PolicyPictures) {
    let steps = (0..300).map(|place| {
        let faster = (1.0 - 10_f64.powf(-f64::from(place) / 75.0)) * (1.0 - unanswered);
        CurveStep { faster, ms: ms * (0.5 + f64::from(place) / 20.0).powi(2) }
    });
    let window = |place: u32| TimeWindow {
        start_ms: 1000.0 * f64::from(place),
        end_ms: 1000.0 * f64::from(place + 1),
        arrivals: 100,
        completions: if place % 7 == 3 { 0 } else { 90 },
        unanswered: if unanswered > 0.0 { 10 } else { 0 },
        p50_ms: (place % 7 != 3).then_some(ms),
        p95_ms: (place % 7 != 3).then_some(ms * (3.0 + f64::from(place % 5))),
        in_system: Some(ms / 10.0 * f64::from(1 + place)),
        utilization: Some(0.9),
        ..TimeWindow::default()
    };
    let part = |activity, backend: Option<&str>, mean_ms| SpentPart {
        activity,
        cause: None,
        backend: backend.map(str::to_owned),
        mean_ms,
    };
    let band = |of, factor: f64| PercentileBand {
        of,
        requests: 500,
        mean_ms: ms * factor,
        parts: vec![
            part(Activity::BacklogWait, None, 0.5 * ms * factor),
            part(Activity::Compute, None, 0.2 * ms * factor),
            part(Activity::Backend, Some("db"), 0.2 * ms * factor),
            part(Activity::Backend, Some("a backend with a long name <&>"), 0.1 * ms * factor),
        ],
    };
    let policy = PolicyResults {
        name: name.to_owned(),
        kind: "sync",
        requests: RequestCounts { arrived: 20_000, completed: 20_000, ..RequestCounts::default() },
        error_rate: Some(unanswered),
        over_time: (0..60).map(window).collect(),
        breakdown_ms: Breakdown::default(),
        ..PolicyResults::default()
    };
    let pictures = PolicyPictures {
        curve: Some(PercentileCurve { steps: steps.collect(), answered: 1.0 - unanswered }),
        bands: vec![
            band(BandOf::Answered, 2.0),
            band(BandOf::Between(0.0, 0.5), 0.5),
            band(BandOf::Between(0.5, 0.9), 1.0),
            band(BandOf::Between(0.9, 1.0), 20.0),
            band(BandOf::Unanswered, 3.0),
        ],
        bands_among: Some(50_000),
        ..PolicyPictures::default()
    };
    (policy, pictures)
}

fn results(policies: Vec<(PolicyResults, PolicyPictures)>) -> ScenarioResults {
    let (policies, pictures) = policies.into_iter().unzip();
    let faults = vec![FaultWindow {
        kind: FaultWindowKind::Slow,
        backend: Some("db".into()),
        factor: Some(8.0),
        start_ms: 10_000.0,
        end_ms: 20_000.0,
        ..FaultWindow::default()
    }];
    let pictures = Some(Pictures { policies: pictures, ..Pictures::default() });
    ScenarioResults { scenario: "made up".into(), policies, pictures, faults, ..ScenarioResults::default() }
}

fn gallery() -> Vec<(&'static str, ScenarioResults)> {
    let many = (0..12).map(|number| policy(&format!("policy number {number}"), 10.0 + f64::from(number), 0.0));
    let hostile = "a <policy> & its \"name\", which is much longer than any name of a policy has a right to be";
    vec![
        ("one", results(vec![policy("sync", 20.0, 0.0)])),
        ("three", results(vec![policy("sync", 20.0, 0.0), policy("threaded", 30.0, 0.02), policy("async", 25.0, 0.0)])),
        ("far apart", results(vec![policy("fast", 0.02, 0.0), policy("slow", 90_000.0, 0.4)])),
        ("many", results(many.collect())),
        (
            "hostile",
            results(vec![policy(hostile, 20.0, 0.1), policy("", 30.0, 0.0), policy("商品一覧ページ", 1.0, 0.0)]),
        ),
    ]
}

type Chart = (&'static str, fn(&ScenarioResults) -> String);

const CHARTS: [Chart; 3] = [("latency", latency_svg), ("over_time", over_time_svg), ("breakdown", breakdown_svg)];

#[test]
fn charts_are_well_formed_and_their_texts_are_neither_clipped_nor_overlapping() {
    for (name, results) in gallery() {
        assert!(has_latency(&results) && has_over_time(&results) && has_breakdown(&results), "{name}");
        for (chart, svg) in CHARTS {
            let drawn = svg(&results);
            if let Ok(folder) = std::env::var("GALLERY") {
                std::fs::write(format!("{folder}/{chart} {name}.svg"), &drawn).unwrap();
            }
            let picture = Picture::of(&drawn, &format!("{chart} of {name}"));
            picture.check_texts();
            assert!(picture.height() <= 1600.0, "{chart} of {name} is {} high", picture.height());
            assert_eq!(drawn, svg(&results), "{chart} of {name}");
        }
    }
}

#[test]
fn pictures_can_stand_in_one_page_and_follow_the_readers_ground() {
    let results = &gallery()[1].1;
    let lecture = data::lecture();
    let mut pictures: Vec<String> = CHARTS.iter().map(|(_, svg)| svg(results)).collect();
    pictures.push(timeline_svg(&lecture));
    pictures.extend((0..3).map(|policy| timeline_svg_of(&lecture, policy).unwrap()));
    let mut ids: Vec<String> = Vec::new();
    for svg in &pictures {
        let document = roxmltree::Document::parse(svg).unwrap();
        let all: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        for used in svg.split("url(#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(all.contains(&used), "{used} is defined in its picture");
        }
        let label = document.root_element().attribute("aria-labelledby").unwrap();
        assert!(label.split(' ').all(|id| all.contains(&id)), "{label}");
        ids.extend(all.into_iter().map(str::to_owned));
        assert!(svg.contains("@media (prefers-color-scheme:dark)") && !svg.contains("<script"));
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "each id is there once");
}

#[test]
fn few_requests_have_no_charts() {
    let lecture = data::lecture();
    assert!(!has_latency(&lecture) && !has_over_time(&lecture) && !has_breakdown(&lecture));
    let mut short = results(vec![policy("sync", 20.0, 0.0)]);
    short.policies[0].requests.arrived = 100;
    assert!(!has_latency(&short) && !has_over_time(&short) && !has_breakdown(&short));
}

#[test]
fn charts_say_their_numbers_in_words() {
    let three = &gallery()[1].1;
    let texts = |svg: &str| Picture::of(svg, "").texts().into_iter().map(|text| text.content).collect::<Vec<_>>();
    let latency = latency_svg(three);
    assert!(texts(&latency).iter().any(|text| text == "99.9 %"));
    assert!(latency.contains("threaded: 2 % of the requests got no answer; the curve ends there."));
    let breakdown = breakdown_svg(three);
    assert!(breakdown.contains("Of the first 50,000 requests of the first replication."));
    for text in ["slowest 10 %", "50–90 %", "fastest 50 %", "no answer", "50 % waits in the backlog", "400 ms"] {
        assert!(texts(&breakdown).iter().any(|known| known == text), "no {text:?} in {:?}", texts(&breakdown));
    }
    let over_time = over_time_svg(three);
    assert!(texts(&over_time).iter().any(|text| text == "db takes 8 times as long"));
    assert!(texts(&over_time).iter().any(|text| text == "Requests without an answer"));
    let far = over_time_svg(&gallery()[2].1);
    assert!(far.contains("logarithmic"), "policies that are far apart are shown on a logarithmic axis, which says so");
}

/// The lecture's requests from 100 to 250 ms: two of them arrived before, and go on.
fn stretch(carried: &[u64], arriving: &[u64]) -> ScenarioResults {
    let mut results = data::lecture();
    let policies = results.policies.iter_mut().map(|policy| PolicyPictures {
        timeline: policy.timeline.take().unwrap(),
        lanes: LaneChoice { carried: carried.to_vec(), arriving: arriving.to_vec(), ..LaneChoice::default() },
        step: 1,
        ..PolicyPictures::default()
    });
    let why = StretchReason::Worst {
        policy: "sync".into(),
        wait_ms: 300.0,
        usual_ms: 200.0,
        least: Some(("async".into(), 1.0)),
    };
    let stretch = Stretch { start_ms: 100.0, end_ms: 250.0, why, among: None };
    results.pictures = Some(Pictures { policies: policies.collect(), stretch: Some(stretch) });
    results
}

#[test]
fn requests_of_a_stretch_are_cut_at_its_edges_with_a_mark() {
    let results = stretch(&[1, 2, 3], &[]);
    let svg = timeline_svg(&results);
    let picture = Picture::of(&svg, "stretch");
    picture.check_texts();
    let titles = picture.titles();
    let count = |end: &str| titles.iter().filter(|title| title.ends_with(end)).count();
    assert_eq!(count("arrived before, at 0 ms"), 3, "request 1 under each policy");
    assert_eq!(count("goes on, until 400 ms"), 1, "request 2 under sync");
    assert_eq!(count("goes on, until 505 ms"), 1, "request 3 under sync");
    assert!(svg.contains("100 to 250 ms: here requests wait longest under sync compared with async, 300 ms"));
    // Bars lie within the axis.
    let kinds = Activity::ALL.map(Activity::name);
    let bars = picture.bars(&kinds);
    let (left, right) = (
        bars.iter().map(|bar| bar.x).fold(f64::INFINITY, f64::min),
        bars.iter().map(|bar| bar.x + bar.width).fold(0.0, f64::max),
    );
    assert!(left > 16.0 && right < 640.0 - 16.0, "{left} to {right}");
}

#[test]
fn lanes_are_for_the_first_that_arrive_or_spread_and_every_fourth_for_one_under_way() {
    let lanes = |carried: &[u64], arriving: std::ops::Range<u64>, is_spread, always, most| {
        let choice = LaneChoice { carried: carried.to_vec(), arriving: arriving.collect(), is_spread, always };
        choice.lanes(most)
    };
    assert_eq!(lanes(&[3, 1], 10..14, false, None, 100), [1, 3, 10, 11, 12, 13], "all have room");
    assert_eq!(lanes(&[3, 1], 10..20, false, None, 4), [3, 10, 11, 12]);
    assert_eq!(lanes(&[], 10..20, true, None, 5), [10, 12, 14, 16, 18]);
    assert_eq!(lanes(&[], 10..20, true, Some(19), 5), [10, 12, 14, 16, 19]);
    assert_eq!(lanes(&[1, 2, 3, 4], 10..11, false, None, 4), [1, 2, 3, 10]);
}

#[test]
fn no_timeline_is_higher_than_1600_pixels() {
    for (count, policies) in [(100, 3), (60, 8), (100, 20)] {
        let mut results = data::made_up(count, 1.0, 15.0, 8, 8);
        let more = results.policies.clone();
        results.policies = more.iter().cycle().take(policies).cloned().collect();
        let picture = Picture::of(&timeline_svg(&results), &format!("{count} requests, {policies} policies"));
        picture.check_texts();
        assert!(picture.height() <= 1600.0, "{} of {policies} policies", picture.height());
    }
}
