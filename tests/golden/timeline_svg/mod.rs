//! The timeline shows its data correctly, and is readable and well-formed, from one request to sixty.

pub mod data;
pub mod picture;

use picture::{Picture, number};
use waitline::model::Activity;
use waitline::output::timeline_svg;
use waitline::stats::{ScenarioResults, TimelineEntry};

/// The results drawn in these tests, with names for messages. `GALLERY=DIR` writes all pictures there, for inspection.
fn gallery() -> Vec<(&'static str, ScenarioResults)> {
    vec![
        ("lecture", data::lecture()),
        ("one", data::made_up(1, 1.0, 30.0, 1, 1)),
        ("ten", data::made_up(10, 1.0, 30.0, 2, 2)),
        ("sixty", data::made_up(60, 1.0, 20.0, 4, 8)),
        ("microseconds", data::made_up(6, 0.001, 30.0, 1, 2)),
        ("seconds", data::made_up(8, 100.0, 30.0, 2, 2)),
        ("hours", data::made_up(8, 100_000.0, 30.0, 2, 2)),
        ("in flight", data::cut(data::made_up(10, 1.0, 20.0, 2, 2), 260.0)),
        ("first of many", data::late(data::made_up(40, 1.0, 20.0, 3, 4), 600_000.0)),
        ("late microseconds", data::late(data::made_up(9, 0.001, 20.0, 2, 2), 86_400_000.0)),
        ("sparse", data::made_up(40, 1.0, 400.0, 2, 2)),
        ("overloaded", data::made_up(20, 1.0, 6.0, 2, 8)),
        ("faults", data::with_faults(data::made_up(30, 1.0, 10.0, 2, 2))),
        ("odd names", data::odd_names()),
        ("many workers", data::made_up(60, 1.0, 1.0, 60, 2)),
        ("nothing", data::scenario("nothing", "", Vec::new())),
    ]
}

#[test]
fn pictures_are_well_formed_and_their_texts_are_neither_clipped_nor_overlapping() {
    for (name, results) in gallery() {
        let svg = timeline_svg(&results);
        if let Ok(folder) = std::env::var("GALLERY") {
            std::fs::write(format!("{folder}/{name}.svg"), &svg).unwrap();
        }
        Picture::of(&svg, name).check_texts();
    }
}

#[test]
fn faults_are_bands_over_the_lanes_with_their_names() {
    let svg = timeline_svg(&data::with_faults(data::lecture()));
    let panels = data::lecture().policies.len();
    assert_eq!(svg.matches("<g class=\"fault\">").count(), 2 * panels, "two of three overlap what is shown");
    for text in [">db takes 8 times as long<", ">worker 2 restarts<"] {
        assert_eq!(svg.matches(text).count(), panels, "{text}");
    }
    assert!(!timeline_svg(&data::lecture()).contains("fault"));
}

#[test]
fn every_number_of_requests_fits() {
    for count in 1..=60 {
        for (workers, threads) in [(1, 1), (4, 8)] {
            let results = data::made_up(count, 1.0, 15.0, workers, threads);
            let svg = timeline_svg(&results);
            let picture = Picture::of(&svg, &format!("{count} requests"));
            picture.check_texts();
            check_bars(&picture, &results);
        }
    }
}

#[test]
fn bars_are_proportional_to_time() {
    for (name, results) in gallery() {
        check_bars(&Picture::of(&timeline_svg(&results), name), &results);
    }
}

/// Every segment has a bar, in order, at the position of its time, without text on it.
fn check_bars(picture: &Picture, results: &ScenarioResults) {
    let kinds = Activity::ALL.map(Activity::name);
    picture.check_bars_are_free(&kinds);
    let bars = picture.bars(&kinds);
    // Not all requests have room for a lane.
    let titles = picture.titles();
    let has_lane = |entry: &&TimelineEntry| {
        let name = entry.class.replace(['\u{202e}', '\u{202c}'], "\u{fffd}");
        let arrives = format!("request {} ({name}) arrives", entry.request);
        titles.iter().any(|title| title.starts_with(&arrives))
    };
    let entries = results.policies.iter().flat_map(|policy| policy.timeline.iter().flatten()).filter(has_lane);
    let segments: Vec<_> = entries.flat_map(|entry| &entry.segments).collect();
    assert_eq!(bars.len(), segments.len(), "{}: a bar for each segment", picture.name);
    let edges: Vec<_> = bars
        .iter()
        .zip(&segments)
        .flat_map(|(bar, segment)| {
            assert_eq!(bar.class, segment.kind);
            [(segment.start_ms, bar.x), (segment.end_ms, bar.x + bar.width)]
        })
        .collect();
    let Some((first, scale)) = picture::line_through(&edges) else { return };
    for (ms, x) in edges {
        let expected = first.1 + (ms - first.0) * scale;
        assert!((x - expected).abs() <= 0.01, "{}: {ms} ms is at {x}, not at {expected}", picture.name);
    }
}

#[test]
fn everything_drawn_has_a_tooltip() {
    let svg = timeline_svg(&data::lecture());
    let picture = Picture::of(&svg, "lecture");
    let titles = picture.titles();
    for title in [
        "request 3 (short): waiting in the backlog, 30–400 ms, 370 ms",
        "request 3 (short) alone: 30–135 ms, 105 ms",
        "request 2 (page) arrives at 15 ms",
        "worker 1 is held by request 1 (page), which waits, 10–70 ms, 60 ms",
        "thread 1 is held by request 3 (short), which waits, 220–295 ms, 75 ms",
        "loop 1 runs request 3 (short), 115–135 ms, 20 ms",
    ] {
        assert!(titles.iter().any(|known| known == title), "no tooltip says {title:?}");
    }
    let texts: Vec<_> = picture.texts().into_iter().map(|text| text.content).collect();
    for end in ["200 ms · 1.0×", "385 ms · 1.9×", "475 ms · 4.5×", "285 ms · 2.7×", "205 ms · 1.0×", "105 ms · 1.0×"]
    {
        assert!(texts.iter().any(|text| text == end), "no lane ends with {end:?}");
    }
    // A loop is never held, and the legend only names what occurs.
    assert!(!titles.iter().any(|title| title.starts_with("loop 1 is held")));
    assert!(texts.iter().any(|text| text == "in the backlog"));
    assert!(!texts.iter().any(|text| text == "for a connection"));
}

#[test]
fn a_strip_shows_each_thread_once_and_counts_those_without_room() {
    let svg = timeline_svg(&data::made_up(60, 1.0, 1.0, 60, 2));
    let texts: Vec<_> = Picture::of(&svg, "many workers").texts().into_iter().map(|text| text.content).collect();
    assert!(texts.iter().any(|text| text == "worker 8"));
    assert!(!texts.iter().any(|text| text == "worker 9"));
    assert!(texts.iter().any(|text| text == "… and 52 more workers at work, not drawn"));
}

#[test]
fn requests_in_flight_and_requests_not_shown_are_labelled() {
    let texts = |results| {
        let svg = timeline_svg(&results);
        Picture::of(&svg, "").texts().into_iter().map(|text| text.content).collect::<Vec<_>>()
    };
    let cut = data::cut(data::made_up(10, 1.0, 20.0, 2, 2), 260.0);
    let in_flight: u64 = cut.policies.iter().map(|policy| policy.requests.in_flight).sum();
    assert!(in_flight > 0);
    assert_eq!(texts(cut).iter().filter(|text| *text == "in flight").count() as u64, in_flight);

    let late = texts(data::late(data::made_up(40, 1.0, 20.0, 3, 4), 600_000.0));
    assert!(late.iter().any(|text| text.starts_with("first ") && text.ends_with(" of 200,000 requests")));
    assert!(late.iter().any(|text| text.starts_with("Shows the first requests after warm-up")));
    assert!(late.iter().any(|text| text == "idle, or with requests not shown"));
    assert!(late.iter().any(|text| text == "ms after 10 min"));
}

#[test]
fn long_and_unusual_names_are_shortened_in_the_picture_and_complete_in_the_tooltip() {
    let results = data::odd_names();
    let svg = timeline_svg(&results);
    assert!(!svg.contains("<script"));
    let titles = Picture::of(&svg, "odd names").titles();
    for entry in results.policies[0].timeline.iter().flatten() {
        let name = entry.class.replace(['\u{202e}', '\u{202c}'], "\u{fffd}");
        assert!(titles.iter().any(|title| title.contains(&name)), "no tooltip has {name:?}");
    }
}

#[test]
fn policies_without_a_timeline_are_skipped() {
    let mut results = data::lecture();
    results.policies[1].timeline = None;
    results.policies[2].timeline = Some(Vec::new());
    let svg = timeline_svg(&results);
    let texts = Picture::of(&svg, "").texts();
    assert!(texts.iter().any(|text| text.content == "sync"));
    assert!(!texts.iter().any(|text| text.content == "threaded" || text.content == "async"));
}

#[test]
fn the_same_results_give_the_same_bytes_with_short_numbers() {
    for (name, results) in gallery() {
        let svg = timeline_svg(&results);
        assert_eq!(svg, timeline_svg(&results), "{name}");
        let document = roxmltree::Document::parse(&svg).unwrap();
        for node in document.descendants().filter(|node| node.has_tag_name("rect") || node.has_tag_name("text")) {
            for attribute in ["x", "y", "width", "height", "font-size"] {
                let decimals =
                    node.attribute(attribute).and_then(|value| value.split_once('.')).map_or(0, |(_, d)| d.len());
                assert!(decimals <= 2, "{name}: {:?}", node.attribute(attribute));
            }
            assert!(number(node, "width").is_none_or(|width| width >= 0.0));
        }
    }
}
