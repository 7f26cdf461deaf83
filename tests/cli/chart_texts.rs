//! Charts of sweeps and plans: with one point and many, with unstable ones and long names, no text covers another.

use waitline::output::svg::text_width;

use crate::common::program::Desk;

const SHOP: &str = r#"{
  "classes": { "the_class_with_a_long_name": { "phases": [ { "compute": "4ms" }, { "db": { "exponential": "30ms" } } ] } },
  "arrivals": { "poisson": "40/s" },
  "machine": { "cores": 2 },
  "policies": [
    { "sync": { "name": "the synchronous workers of the old monolith", "workers": 4 } },
    { "threaded": { "threads": 4 } },
    { "async": { "name": "a new asynchronous service with a name even longer than that" } } ],
  "run": { "requests": 200 },
  "slo": [ "p95 < 150ms" ]
}"#;

/// A text on one line: its left and right end, its baseline on the page, and its size.
struct Placed<'a> {
    text: &'a str,
    left: f64,
    right: f64,
    y: f64,
    size: f64,
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = element.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

fn texts(svg: &str) -> Vec<Placed<'_>> {
    let placed = svg.split("<text").skip(1).map(|element| {
        let (attributes, rest) = element.split_once('>').unwrap();
        let text = rest.split_once("</text>").unwrap().0;
        let number = |name: &str| attribute(attributes, name).unwrap().parse::<f64>().unwrap();
        let is_bold = attribute(attributes, "font-weight") == Some("bold");
        // Widths are of the text itself; none here has an entity that is longer than its sign.
        let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let width = text_width(&plain, number("font-size"), is_bold);
        let left = match attribute(attributes, "text-anchor") {
            Some("middle") => number("x") - 0.5 * width,
            Some("end") => number("x") - width,
            _ => number("x"),
        };
        Placed { text, left, right: left + width, y: number("y"), size: number("font-size") }
    });
    placed.collect()
}

#[track_caller]
fn no_text_covers_another(svg: &str) {
    let texts = texts(svg);
    assert!(texts.len() > 5, "{svg}");
    let (page, _) = svg.split_once('>').unwrap();
    let width: f64 = attribute(page, "width").unwrap().parse().unwrap();
    for (place, one) in texts.iter().enumerate() {
        for other in &texts[place + 1..] {
            let lower = if one.y > other.y { one } else { other };
            let is_below = (one.y - other.y).abs() > 0.8 * lower.size;
            let is_apart = is_below || one.right <= other.left || other.right <= one.left;
            assert!(is_apart, "{:?} covers {:?} at {:.0}", one.text, other.text, one.y);
        }
        assert!(one.left >= 0.0 && one.right <= width, "{:?} is beyond the page", one.text);
    }
}

#[test]
fn no_text_of_a_chart_covers_another() {
    let desk = Desk::empty().with("shop.json", SHOP);
    let of_class = "classes.the_class_with_a_long_name.phases[1].db=x0.5,x1,x2";
    for variations in [
        "--vary workers=4".to_owned(),
        "--vary arrivals=x0.5,x1,x5".to_owned(),
        "--vary arrivals=x0.05..x6:0.03".to_owned(),
        format!("--vary {of_class}"),
        format!("--vary {of_class} --vary arrivals=x0.5..x5"),
        format!("--vary policies.threaded.threads=1..8 --vary {of_class}"),
    ] {
        desk.run(&format!("sweep shop.json {variations} --replications 2 --most-replications 2 --quiet"), 0);
        no_text_covers_another(&desk.read("output/shop/sweep.svg"));
    }
    desk.run("plan shop.json --within 20% --quiet", 0);
    no_text_covers_another(&desk.read("output/shop/plan.svg"));
}
