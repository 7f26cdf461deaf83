//! The gallery, `output/README.md`: each scenario's picture, its lesson in one sentence, and what its run concludes.
//!
//! The list below gives the order, from simple to advanced, and the lessons; everything else comes from the runs.
//! `UPDATE_GOLDEN=1 cargo test --test golden` rewrites the page with the files in `output/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::outputs::{Produced, repository};

/// The pictures of a scenario, from the one that usually shows most.
const PICTURES: [&str; 4] = ["timeline.svg", "over_time.svg", "latency.svg", "breakdown.svg"];

/// A part of the gallery.
struct Part {
    title: &'static str,
    scenarios: &'static [Exhibit],
}

/// A scenario in the gallery.
struct Exhibit {
    name: &'static str,
    /// What it teaches, in a sentence.
    lesson: &'static str,
    /// The picture that shows it, if it was drawn.
    picture: &'static str,
}

const fn exhibit(name: &'static str, picture: &'static str, lesson: &'static str) -> Exhibit {
    Exhibit { name, lesson, picture }
}

const GALLERY: &[Part] = &[
    Part {
        title: "Few requests",
        scenarios: &[
            exhibit("one_request", "timeline.svg", "A single request takes equally long under every policy."),
            exhibit("two_collide", "timeline.svg", "The smallest queue: two requests at the same instant."),
            exhibit("lecture", "timeline.svg", "Waiting hurts most where it blocks other requests."),
            exhibit("gil", "timeline.svg", "Threads under a GIL do not help work that never waits."),
            exhibit("blocked_loop", "timeline.svg", "One long computation blocks a whole event loop."),
            exhibit("blocking_call", "timeline.svg", "One call that does not await makes the whole loop wait."),
            exhibit(
                "small_pool",
                "timeline.svg",
                "An event loop cannot be faster than the two connections it waits for.",
            ),
            exhibit(
                "nested_connections",
                "timeline.svg",
                "Transactions inside transactions use up a pool, and everything stops.",
            ),
            exhibit(
                "slow_database",
                "timeline.svg",
                "Ten slow seconds cost a loop ten seconds; workers and threads pay for longer.",
            ),
        ],
    },
    Part {
        title: "Load",
        scenarios: &[
            exhibit("closed", "latency.svg", "Users who wait for their answers cannot overload an application."),
            exhibit("open", "over_time.svg", "Requests that arrive regardless of earlier answers can."),
            exhibit(
                "ten_workers_one_loop",
                "breakdown.svg",
                "Ten sync workers run out of workers before one loop is half busy.",
            ),
            exhibit("one_queue_or_ten", "latency.svg", "With ten queues requests wait while other workers are idle."),
            exhibit("web_shop", "breakdown.svg", "At the same load each policy queues in a different place."),
        ],
    },
    Part {
        title: "Production",
        scenarios: &[
            exhibit(
                "unfair_pool",
                "latency.svg",
                "A pool that does not serve in order has the same median and twice the tail.",
            ),
            exhibit(
                "four_containers",
                "latency.svg",
                "Four containers with one worker each are slower than one container with four.",
            ),
            exhibit(
                "cpu_quota",
                "latency.svg",
                "Threads in parallel use up a container's CPU quota; locks and loops wait elsewhere.",
            ),
            exhibit(
                "recycled_workers",
                "over_time.svg",
                "Workers that started together are replaced together, unless jitter spreads them.",
            ),
            exhibit(
                "slow_payment_api",
                "over_time.svg",
                "A timeout of a call keeps a slow API from taking all threads.",
            ),
            exhibit("retry_storm", "over_time.svg", "Clients that retry keep an application down."),
        ],
    },
];

fn exhibits() -> impl Iterator<Item = &'static Exhibit> {
    GALLERY.iter().flat_map(|part| part.scenarios)
}

/// The page, from what the scenarios produced.
pub fn page(produced: &BTreeMap<String, Produced>) -> String {
    let mut page = String::from(
        "# Gallery\n\nEvery scenario of `scenarios/`, from simple to advanced: its lesson, the picture that shows it, and what its run \
         concludes. The pictures are made by `waitline run`; this page is made by `UPDATE_GOLDEN=1 cargo test --test golden`.\n",
    );
    for part in GALLERY {
        page.push_str(&format!("\n## {}\n", part.title));
        for exhibit in part.scenarios {
            let produced =
                produced.get(exhibit.name).unwrap_or_else(|| panic!("there is no scenario {}", exhibit.name));
            page.push_str(&entry(exhibit, produced));
        }
    }
    page
}

fn entry(exhibit: &Exhibit, produced: &Produced) -> String {
    let Exhibit { name, lesson, picture } = exhibit;
    let has = |file: &&&str| produced.files.contains_key(**file);
    let shown = std::iter::once(picture).chain(&PICTURES).find(has).unwrap_or_else(|| panic!("{name} has no picture"));
    let others = PICTURES.iter().filter(|file| *file != shown).filter(has);
    let others: String =
        others.map(|file| format!(" · [{}]({name}/{file})", file.trim_end_matches(".svg").replace('_', " "))).collect();
    format!(
        "\n### {name}\n\n**{lesson}** The run: {}\n\n![{}]({name}/{shown})\n\n[scenario](../scenarios/{name}.json) · \
         [results]({name}/results.json){others}\n",
        produced.conclusion,
        lesson.trim_end_matches('.'),
    )
}

#[test]
fn the_gallery_has_every_scenario_once() {
    let mut shown: Vec<&str> = exhibits().map(|exhibit| exhibit.name).collect();
    shown.sort_unstable();
    let all = super::outputs::scenarios();
    assert_eq!(
        shown,
        all.keys().map(String::as_str).collect::<Vec<_>>(),
        "tests/golden/gallery.rs lists every scenario"
    );
    for Exhibit { name, lesson, picture } in exhibits() {
        assert!(lesson.ends_with('.') && lesson.matches(". ").count() == 0, "{name}: the lesson is one sentence");
        assert!(PICTURES.contains(picture), "{name}: {picture}");
    }
}

#[test]
fn the_links_of_the_gallery_lead_to_files() {
    let folder = repository().join("output");
    let page = fs::read_to_string(folder.join("README.md")).unwrap();
    let targets: Vec<&str> = page.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(targets.len() > 3 * exhibits().count(), "{targets:?}");
    for target in targets {
        assert!(Path::new(&folder).join(target).is_file(), "output/README.md links to {target}");
    }
}
