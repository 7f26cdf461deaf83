//! The colours of pictures can be told apart and seen on their ground, whatever colours the reader sees.
//!
//! Contrast as in WCAG 2.2; colour blindness as in Machado, Oliveira and Fernandes (2009), severity 1; distances in OKLab (Ottosson,
//! 2020), in hundredths: two is a difference that is just seen.

use waitline::model::{Activity, ActivityGroup};
use waitline::output::svg::{Tone, policy_lines, tones};

type Light = [f64; 3];

const NORMAL: [Light; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const DEUTERANOPIA: [Light; 3] =
    [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]];
const PROTANOPIA: [Light; 3] =
    [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]];

/// Tones that only separate, shade or carry text on a bar: they need not be seen on the ground.
const BACKGROUNDS: [&str; 12] = [
    "others",
    "chosen",
    "ground",
    "grid",
    "hairline",
    "gap",
    "paper",
    "held",
    "fault",
    "throttled_line",
    "unstable",
    "unstable_line",
];

/// Linear light of a colour.
fn light(color: u32) -> Light {
    let [_, r, g, b] = color.to_be_bytes();
    [r, g, b].map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

fn product(matrix: [Light; 3], color: Light) -> Light {
    matrix.map(|row| row.iter().zip(color).map(|(factor, part)| factor * part).sum::<f64>())
}

fn contrast(one: u32, other: u32) -> f64 {
    let luminance = |color| {
        let [r, g, b] = light(color);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn oklab(color: Light) -> Light {
    let cones = product(
        [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ],
        color.map(|part| part.clamp(0.0, 1.0)),
    );
    product(
        [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ],
        cones.map(f64::cbrt),
    )
}

/// The distance of two colours to the reader who tells them apart worst.
fn distance(one: u32, other: u32) -> f64 {
    let seen = |eye, color| oklab(product(eye, light(color)));
    let distance = |eye| {
        let (one, other) = (seen(eye, one), seen(eye, other));
        100.0 * one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    };
    [NORMAL, DEUTERANOPIA, PROTANOPIA].into_iter().map(distance).fold(f64::INFINITY, f64::min)
}

/// The colour of a tone on a ground.
type OnGround = fn(&Tone) -> u32;

/// The tones on a light and on a dark ground.
fn grounds() -> [(&'static str, OnGround); 2] {
    [("light", |tone| tone.light), ("dark", |tone| tone.dark)]
}

fn named(name: &str) -> Tone {
    tones().into_iter().find(|tone| tone.name == name).unwrap()
}

#[test]
fn contrast_and_distance_are_those_of_their_definitions() {
    assert!((contrast(0xff_ffff, 0) - 21.0).abs() < 1e-9);
    assert!((contrast(0x77_7777, 0xff_ffff) - 4.478).abs() < 1e-3);
    assert!((distance(0, 0xff_ffff) - 100.0).abs() < 0.1 && distance(0x12_3456, 0x12_3456) < 1e-9);
    // Red and green of one lightness: far apart, except for those who do not see it.
    let (red, green) = (0xb8_5c_00, 0x6e_7d_00);
    assert!(
        distance(red, green)
            < 0.5 * 100.0 * {
                let (one, other) = (oklab(light(red)), oklab(light(green)));
                one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
            }
    );
}

#[test]
fn what_means_something_has_a_contrast_of_three_to_its_ground_and_text_of_four_and_a_half() {
    for (name, of) in grounds() {
        let ground = of(&named("ground"));
        for tone in tones().iter().filter(|tone| !BACKGROUNDS.contains(&tone.name)) {
            let contrast = contrast(of(tone), ground);
            assert!(contrast >= 3.0, "{} on {name}: {contrast:.2}", tone.name);
        }
        for text in ["ink", "grey", "bad"] {
            assert!(contrast(of(&named(text)), ground) >= 4.5, "{text} on {name}");
        }
        assert!(contrast(of(&named("paper")), of(&named("running"))) >= 4.5, "numbers on bars on {name}");
        assert!(contrast(of(&named("ink")), of(&named("held"))) >= 4.5, "numbers on held bars on {name}");
    }
}

#[test]
fn waiting_is_not_the_palest_colour() {
    let activity = |activity: Activity| named(activity.name());
    for (name, of) in grounds() {
        let contrast = |one: Activity| contrast(of(&activity(one)), of(&named("ground")));
        let palest =
            Activity::ALL.into_iter().min_by(|one, other| contrast(*one).total_cmp(&contrast(*other))).unwrap();
        assert_ne!(palest.group(), ActivityGroup::Wait, "{} on {name}", palest.name());
    }
}

#[test]
fn solid_fills_differ_to_every_eye_and_hatched_ones_differ_from_them() {
    let is_solid =
        |activity: &Activity| matches!(activity, Activity::Framework | Activity::Compute | Activity::Backend);
    for (name, of) in grounds() {
        for one in Activity::ALL.iter().filter(|one| is_solid(one)) {
            for other in Activity::ALL.iter().filter(|other| other > &one && is_solid(other)) {
                let distance = distance(of(&named(one.name())), of(&named(other.name())));
                assert!(distance >= 8.0, "{} and {} on {name}: {distance:.1}", one.name(), other.name());
            }
        }
        // The hatching of the others is in the colour of the ground.
        let gap = of(&named("gap"));
        for activity in Activity::ALL.iter().filter(|activity| !is_solid(activity)) {
            assert!(contrast(of(&named(activity.name())), gap) >= 3.0, "{} on {name}", activity.name());
        }
    }
}

#[test]
fn waits_with_a_connection_in_hand_differ_from_those_without() {
    for (name, of) in grounds() {
        for (one, other) in
            [("holding", "pool_wait"), ("holding_for_thread", "thread_wait"), ("holding", "holding_for_thread")]
        {
            let distance = distance(of(&named(one)), of(&named(other)));
            assert!(distance >= 8.0, "{one} and {other} on {name}: {distance:.1}");
        }
        for hatched in ["holding", "holding_for_thread"] {
            assert!(contrast(of(&named(hatched)), of(&named("gap"))) >= 3.0, "{hatched} on {name}");
        }
        assert!(contrast(of(&named("paper")), of(&named("held_line"))) >= 4.5, "numbers on connections on {name}");
    }
}

#[test]
fn lines_of_policies_differ_in_colour_to_every_eye_or_in_their_dashes() {
    let lines = policy_lines();
    for (name, of) in grounds() {
        for (place, one) in lines.iter().enumerate() {
            for other in &lines[place + 1..] {
                let distance = distance(of(&one.tone), of(&other.tone));
                let differ = distance >= 8.0 || one.dashes != other.dashes;
                assert!(differ, "{} and {} on {name}: {distance:.1}", one.tone.name, other.tone.name);
            }
        }
    }
}

#[test]
fn no_two_tones_look_the_same_on_a_light_ground() {
    let all = tones();
    for (place, one) in all.iter().enumerate() {
        for other in &all[place + 1..] {
            assert!(one.light != other.light && one.name != other.name, "{} and {}", one.name, other.name);
        }
    }
}
