//! The colours, patterns and type of every chart.
//!
//! Work is green and solid. Waiting in a queue is red, orange or purple, and hatched. Waiting for an answer, which is part of
//! the demand, is blue. So they differ in hue, lightness and texture, for colour-blind readers and in black-and-white prints;
//! each colour that means something has a contrast of at least 3 to 1 with the ground, which a test computes.
//!
//! Plotters knows a colour by its value. The canvas finds the tone that has this value on a light ground, and writes its name
//! as a class, for which the picture has rules where the reader prefers a dark ground.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle};

use super::canvas::{size_units, units};
use crate::model::Activity;

/// A colour by name, on a light ground and on a dark one. No two tones have the same colour on a light ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tone {
    /// Its name, as in classes of the SVG.
    pub name: &'static str,
    /// On a light ground, as 0xRRGGBB.
    pub light: u32,
    /// On a dark ground.
    pub dark: u32,
}

impl Tone {
    const fn new(name: &'static str, light: u32, dark: u32) -> Self {
        Self { name, light, dark }
    }

    const fn color(self) -> RGBColor {
        let [_, r, g, b] = self.light.to_be_bytes();
        RGBColor(r, g, b)
    }

    /// The tone of a colour, if it has one.
    pub(super) fn of((r, g, b): (u8, u8, u8)) -> Option<Self> {
        let light = u32::from_be_bytes([0, r, g, b]);
        tones().into_iter().find(|tone| tone.light == light)
    }
}

const TONES: [Tone; 29] = [
    Tone::new("ground", 0xff_ff_ff, 0x12_17_1d),
    Tone::new("ink", 0x1f_29_33, 0xe6_ea_ee),
    Tone::new("grey", 0x5b_66_73, 0xa5_b0_bc),
    Tone::new("grid", 0xe3_e6_ea, 0x2a_32_3b),
    Tone::new("hairline", 0xcf_d5_db, 0x3a_44_4f),
    Tone::new("gap", 0xfe_fe_fe, 0x13_18_1e),
    Tone::new("paper", 0xfd_fd_fd, 0x0c_11_17),
    Tone::new("running", 0x2f_7d_55, 0x55_c0_8c),
    Tone::new("bad", 0xc8_25_25, 0xff_76_6a),
    Tone::new("held", 0xc9_d8_ea, 0x27_3a_50),
    Tone::new("held_line", 0x3f_6f_a6, 0x6f_a5_e0),
    Tone::new("others", 0xc3_c9_d0, 0x4a_54_5f),
    Tone::new("chosen", 0xe4_f2_ea, 0x1b_36_28),
    Tone::new("fault", 0xff_ed_ad, 0x4a_3c_0a),
    Tone::new("alone", 0x3b_46_52, 0xc3_cc_d5),
    Tone::new("throttled", 0x23_2b_36, 0xe8_ea_ed),
    Tone::new("throttled_line", 0xf2_c2_1e, 0x8a_5f_00),
    Tone::new("unstable", 0xee_ee_ee, 0x2c_31_37),
    Tone::new("unstable_line", 0x9a_a3_ad, 0x6d_78_84),
    Tone::new("few", 0x4b_8f_cb, 0x4f_84_b8),
    Tone::new("some", 0x1f_62_a0, 0x84_b6_ea),
    Tone::new("many", 0x0b_2f_5c, 0xd2_e6_fb),
    Tone::new("opening", 0x7d_1f_4b, 0xd9_78_a9),
    Tone::new("holding", 0x4d_0f_2d, 0xf7_b3_d2),
    Tone::new("holding_for_thread", 0x4b_23_91, 0x8f_78_e8),
    Tone::new("policy_1", 0x0a_5f_b4, 0x6c_b2_ff),
    Tone::new("policy_2", 0xc2_41_0c, 0xff_94_60),
    Tone::new("policy_3", 0x0f_8a_72, 0x4f_d1_b0),
    Tone::new("policy_4", 0x8e_3a_9c, 0xd9_9b_e8),
];

const POLICY_5: Tone = Tone::new("policy_5", 0x8a_6a_00, 0xd9_b6_4a);
const POLICY_6: Tone = Tone::new("policy_6", 0x4b_55_63, 0xb3_bc_c7);

/// Every tone.
pub fn tones() -> Vec<Tone> {
    let activity = |activity: Activity| Tone::new(activity.name(), activity.color(), activity.dark_color());
    TONES.into_iter().chain([POLICY_5, POLICY_6]).chain(Activity::ALL.map(activity)).collect()
}

const fn color(name: &str) -> RGBColor {
    let mut place = 0;
    while place < TONES.len() {
        if same(TONES[place].name, name) {
            return TONES[place].color();
        }
        place += 1;
    }
    panic!("no tone has this name")
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    place == one.len() && place == other.len()
}

/// The page.
pub(super) const GROUND: RGBColor = color("ground");
/// Titles and main text.
pub(super) const INK: RGBColor = color("ink");
/// Secondary text.
pub(super) const GREY: RGBColor = color("grey");
/// Grid lines.
pub(super) const GRID: RGBColor = color("grid");
/// The line of a lane.
pub(super) const HAIRLINE: RGBColor = color("hairline");
/// Text on dark bars.
pub(super) const PAPER: RGBColor = color("paper");

/// Good and bad results.
pub(super) const RUNNING_COLOR: RGBColor = color("running");
pub(super) const BAD: RGBColor = color("bad");

/// Sizes of text, in pixels of a picture that is [`super::page::WIDTH`] wide.
pub(super) const TITLE_SIZE: f64 = 20.0;
pub(super) const NAME_SIZE: f64 = 15.0;
pub(super) const TEXT_SIZE: f64 = 13.0;
pub(super) const NOTE_SIZE: f64 = 12.0;
/// Of numbers within bars, and of the densest lanes.
pub(super) const TINY_SIZE: f64 = 11.0;

/// What the identifiers of patterns in a page begin with.
pub(super) const PAGE: &str = "waitline";

/// How an area is filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    id: &'static str,
    base: RGBColor,
    hatch: Option<Hatch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hatch {
    size: u8,
    /// The colour and the shape of what is drawn over the base, in a tile of `size`.
    color: RGBColor,
    shape: &'static str,
    width: &'static str,
}

impl Hatch {
    const fn new(size: u8, color: RGBColor, shape: &'static str, width: &'static str) -> Self {
        Self { size, color, shape, width }
    }
}

impl Fill {
    const fn solid(id: &'static str, base: RGBColor) -> Self {
        Self { id, base, hatch: None }
    }

    const fn hatched(id: &'static str, base: RGBColor, hatch: Hatch) -> Self {
        Self { id, base, hatch: Some(hatch) }
    }

    /// Its name, as a class in the SVG.
    pub(super) const fn id(&self) -> &'static str {
        self.id
    }

    /// The attributes of an area of this width in hundredths of a pixel: a narrow area has no pattern, whose gaps could hide
    /// it.
    pub(super) fn attributes(&self, picture: &str, hundredths: i32) -> String {
        match self.hatch {
            Some(_) if hundredths >= 300 => format!(" fill=\"url(#{picture}-{})\"", self.id),
            _ => painted("fill", self.base),
        }
    }

    /// The `fill` of an area in a page, whose style has the colours of a dark ground.
    pub(super) fn on_page(&self) -> String {
        let RGBColor(r, g, b) = self.base;
        self.hatch.map_or_else(|| format!("#{r:02x}{g:02x}{b:02x}"), |_| format!("url(#{PAGE}-{})", self.id))
    }

    fn definition(&self, picture: &str) -> Option<String> {
        let Hatch { size, color, shape, width } = self.hatch?;
        Some(format!(
            "<pattern id=\"{picture}-{}\" width=\"{size}\" height=\"{size}\" patternUnits=\"userSpaceOnUse\">\
             <rect width=\"{size}\" height=\"{size}\"{}/><path d=\"{shape}\" stroke-width=\"{width}\" fill=\"none\"{}/>\
             </pattern>\n",
            self.id,
            painted("fill", self.base),
            painted("stroke", color),
        ))
    }
}

/// The fill of time spent on an activity.
pub(super) const fn paint(activity: Activity) -> Fill {
    let [_, r, g, b] = activity.color().to_be_bytes();
    Fill { id: activity.name(), base: RGBColor(r, g, b), hatch: hatch(activity) }
}

/// The pattern of an activity.
const fn hatch(activity: Activity) -> Option<Hatch> {
    let gap = color("gap");
    match activity {
        Activity::BacklogWait => Some(Hatch::new(6, gap, "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", "1.3")),
        Activity::RunQueueWait => Some(Hatch::new(5, gap, "M-1,4 l2,2 M0,0 l5,5 M4,-1 l2,2", "1.1")),
        Activity::PoolWait => Some(Hatch::new(6, gap, "M0,0 l6,6 M0,6 l6,-6", "0.8")),
        Activity::BackendWait => Some(Hatch::new(4, gap, "M0,1 h4", "1.2")),
        Activity::Sleep => Some(Hatch::new(5, gap, "M1,1.5 h1.2 M3.5,4 h1.2", "1.2")),
        Activity::ThreadWait => Some(Hatch::new(5, gap, "M1,0 v5 M3.5,0 v5", "0.8")),
        Activity::Framework | Activity::Compute | Activity::Backend => None,
    }
}

/// A wait for the next period of the CPU quota: everything stands still.
pub(super) const THROTTLED: Fill = Fill::hatched(
    "throttled",
    color("throttled"),
    Hatch::new(6, color("throttled_line"), "M1.5,0 v6 M4.5,0 v6", "1.1"),
);
/// A wait for a connection that is being opened.
pub(super) const OPENING: Fill =
    Fill::hatched("opening", color("opening"), Hatch::new(5, color("gap"), "M1.4,2.5 h2.2 M2.5,1.4 v2.2", "1.4"));

/// A wait for another connection, or for a thread, of a request that holds a connection.
pub(super) const HOLDING: Fill = Fill::hatched("holding", color("holding"), ZIGZAG);
pub(super) const HOLDING_FOR_THREAD: Fill = Fill::hatched("holding_for_thread", color("holding_for_thread"), ZIGZAG);
const ZIGZAG: Hatch = Hatch::new(6, color("gap"), "M0,4.5 l1.5,-3 l1.5,3 l1.5,-3 l1.5,3", "0.9");

/// A runner that runs a request.
pub(super) const RUNNING: Fill = Fill::solid("running", RUNNING_COLOR);
/// A runner held by a waiting request.
pub(super) const HELD: Fill =
    Fill::hatched("held", color("held"), Hatch::new(5, color("held_line"), "M-1,1 l2,-2 M0,5 l5,-5 M4,6 l2,-2", "0.9"));

/// A runner held by requests that are not shown.
pub(super) const OTHERS: Fill =
    Fill::hatched("others", color("others"), Hatch::new(4, color("grey"), "M0,1 h4", "1.2"));
/// A connection held by a request.
pub(super) const CONNECTION: Fill = Fill::solid("connection", color("held_line"));
/// The same, behind a number.
pub(super) const HELD_PLAIN: Fill = Fill::solid("held_plain", color("held"));
/// What was chosen of several.
pub(super) const CHOSEN: Fill = Fill::solid("chosen", color("chosen"));
/// Between two that touch.
pub(super) const SEPARATOR: Fill = Fill::solid("separator", color("gap"));
/// A fault.
pub(super) const FAULT: Fill = Fill::solid("fault", color("fault"));
/// The time that a request would take without waiting.
pub(super) const ALONE: Fill = Fill::solid("alone", color("alone"));

/// Points without numbers in the chart of a sweep.
pub(super) const UNSTABLE: Fill = Fill::hatched(
    "unstable",
    color("unstable"),
    Hatch::new(7, color("unstable_line"), "M-1,1 l2,-2 M0,7 l7,-7 M6,8 l2,-2", "1"),
);

/// Three percentiles of one chart, from low to high: they differ in lightness, whatever colours the reader sees.
pub(super) const SERIES: [RGBColor; 3] = [color("few"), color("some"), color("many")];

/// The line of a policy, where several share axes: its colour and its dashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyLine {
    /// Its colour.
    pub tone: Tone,
    /// Lengths of dashes and gaps, in pixels; empty: it is unbroken.
    pub dashes: &'static str,
}

/// The lines of policies, in their order; those of more policies begin again.
pub fn policy_lines() -> [PolicyLine; 6] {
    let line = |tone, dashes| PolicyLine { tone, dashes };
    [
        line(TONES[TONES.len() - 4], ""),
        line(TONES[TONES.len() - 3], ""),
        line(TONES[TONES.len() - 2], ""),
        line(TONES[TONES.len() - 1], "7 3"),
        line(POLICY_5, "7 3"),
        line(POLICY_6, "2 3"),
    ]
}

impl PolicyLine {
    /// The line of a policy with this place.
    pub(super) fn of(place: usize) -> Self {
        let lines = policy_lines();
        lines[place % lines.len()]
    }

    pub(super) const fn color(self) -> RGBColor {
        self.tone.color()
    }
}

/// Text on cells of a heat map, which are the same on every ground.
pub(super) const ON_LIGHT: RGBColor = RGBColor(0x1e, 0x28, 0x32);
pub(super) const ON_DARK: RGBColor = RGBColor(0xfc, 0xfc, 0xfc);

/// The colour of a cell, from light (0) to dark (1).
pub(super) fn heat_color(darkness: f64) -> RGBColor {
    const STOPS: [RGBColor; 5] = [
        RGBColor(0xf3, 0xf6, 0xfa),
        RGBColor(0xbf, 0xd7, 0xea),
        RGBColor(0x6a, 0xa5, 0xd1),
        RGBColor(0x21, 0x66, 0xa5),
        RGBColor(0x0b, 0x2f, 0x5c),
    ];
    let place = darkness.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let from = (place as usize).min(STOPS.len() - 2);
    let share = place - from as f64;
    let mixed = |one: u8, other: u8| (f64::from(one) + share * (f64::from(other) - f64::from(one))).round() as u8;
    let (one, other) = (STOPS[from], STOPS[from + 1]);
    RGBColor(mixed(one.0, other.0), mixed(one.1, other.1), mixed(one.2, other.2))
}

/// The definitions of the patterns that `body` refers to, and the rules of the tones in it on a dark ground.
pub(super) fn definitions(picture: &str, body: &str) -> String {
    let patterns = patterns(picture, body);
    format!("{}{patterns}", dark_rules(&[&patterns, body]))
}

/// The same for a part of a page, whose areas without a pattern have the names of their fills as classes.
pub(super) fn definitions_of_page(body: &str) -> String {
    let fills = Activity::ALL.into_iter().map(paint).chain([RUNNING, CONNECTION]).filter(|fill| fill.hatch.is_none());
    let rule = |fill: Fill| {
        let RGBColor(r, g, b) = fill.base;
        let dark = Tone::of((r, g, b)).filter(|_| body.contains(&format!("class=\"{}\"", fill.id)))?.dark;
        Some(format!("rect.{}{{fill:#{dark:06x}}}", fill.id))
    };
    let rules: String = fills.filter_map(rule).collect();
    format!("<style>@media (prefers-color-scheme:dark){{{rules}}}</style>\n{}", definitions(PAGE, body))
}

/// The definitions of the patterns that `body` refers to.
fn patterns(picture: &str, body: &str) -> String {
    let others = [THROTTLED, OPENING, HOLDING, HOLDING_FOR_THREAD, RUNNING, HELD, OTHERS, UNSTABLE];
    let paints: Vec<Fill> = Activity::ALL.into_iter().map(paint).chain(others).collect();
    let used = paints.iter().filter(|paint| body.contains(&format!("url(#{picture}-{})", paint.id)));
    let patterns: String = used.filter_map(|paint| paint.definition(picture)).collect();
    if patterns.is_empty() { patterns } else { format!("<defs>\n{patterns}</defs>\n") }
}

fn dark_rules(parts: &[&str]) -> String {
    let rule = |tone: &Tone, attribute: &str| {
        let class = class(attribute, tone.name);
        let is_used = tone.name == "ground" || parts.iter().any(|part| part.contains(&format!("class=\"{class}\"")));
        is_used.then(|| format!(".{class}{{{attribute}:#{:06x}}}", tone.dark))
    };
    let rules =
        tones().iter().flat_map(|tone| [rule(tone, "fill"), rule(tone, "stroke")]).flatten().collect::<String>();
    format!("<style>@media (prefers-color-scheme:dark){{{rules}}}</style>\n")
}

/// The class of a tone, as the colour of an area or of a line.
fn class(attribute: &str, tone: &str) -> String {
    let initial = &attribute[..1];
    format!("waitline-{initial}-{tone}")
}

/// A colour as an attribute, with the class of its tone.
pub(super) fn painted(attribute: &str, RGBColor(r, g, b): RGBColor) -> String {
    let class = Tone::of((r, g, b)).map(|tone| format!(" class=\"{}\"", class(attribute, tone.name)));
    format!(" {attribute}=\"#{r:02x}{g:02x}{b:02x}\"{}", class.unwrap_or_default())
}

/// A line of this width in pixels.
pub(super) fn line(color: RGBColor, pixels: f64) -> ShapeStyle {
    color.stroke_width(size_units(pixels))
}

/// The font of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Type {
    /// Its size in pixels.
    pub(super) size: f64,
    /// Whether it is bold.
    pub(super) bold: bool,
    /// Its colour.
    pub(super) color: RGBColor,
}

impl Type {
    /// A font of that size and colour.
    pub(super) const fn new(size: f64, color: RGBColor) -> Self {
        Self { size, bold: false, color }
    }

    /// The same, bold.
    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// Its style in plotters, anchored at its middle height and, across, at `anchor`.
    pub(super) fn style(self, anchor: HPos) -> TextStyle<'static> {
        let weight = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", f64::from(units(self.size))).into_font().style(weight);
        TextStyle { color: self.color.to_backend_color(), ..font.color(&BLACK).pos(Pos::new(anchor, VPos::Center)) }
    }

    /// The width of `text` in pixels.
    pub(super) fn width(self, text: &str) -> f64 {
        super::text::text_width(text, self.size, self.bold)
    }
}
