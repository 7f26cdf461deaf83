//! A reader for drawn timelines.

use roxmltree::{Document, Node};
use waitline::output::svg::{ASCENT, DESCENT, text_width};

/// The content of a picture.
pub struct Picture {
    /// Its name in messages.
    pub name: String,
    size: (f64, f64),
    texts: Vec<Text>,
    bars: Vec<Bar>,
    titles: Vec<String>,
}

/// A text and the box it fills.
#[derive(Clone, Debug)]
pub struct Text {
    pub content: String,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// A rectangle in a group.
#[derive(Clone, Debug)]
pub struct Bar {
    pub class: String,
    pub x: f64,
    pub width: f64,
    top: f64,
    bottom: f64,
}

/// A numeric attribute.
pub fn number(node: Node<'_, '_>, attribute: &str) -> Option<f64> {
    node.attribute(attribute).map(|value| value.parse().unwrap())
}

/// A point and the slope of the best-fitting straight line.
pub fn line_through(points: &[(f64, f64)]) -> Option<((f64, f64), f64)> {
    let count = points.len() as f64;
    let mean = (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(|p| p.1).sum::<f64>() / count);
    let spread: f64 = points.iter().map(|p| (p.0 - mean.0).powi(2)).sum();
    let common: f64 = points.iter().map(|p| (p.0 - mean.0) * (p.1 - mean.1)).sum();
    (spread > 0.0).then_some((mean, common / spread))
}

impl Picture {
    /// Reads a picture and checks it: well-formed, named, with a tooltip in each group.
    pub fn of(svg: &str, name: &str) -> Self {
        let document = Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let mut children = root.children().filter(Node::is_element);
        assert!(children.next().is_some_and(|node| node.has_tag_name("title") && node.text().is_some()));
        assert!(children.next().is_some_and(|node| node.has_tag_name("desc")));
        let mut picture = Self {
            name: name.to_owned(),
            size: (number(root, "width").unwrap(), number(root, "height").unwrap()),
            texts: Vec::new(),
            bars: Vec::new(),
            titles: Vec::new(),
        };
        for node in root.descendants().filter(Node::is_element) {
            match node.tag_name().name() {
                "text" => picture.texts.push(Text::of(node)),
                "g" => picture.read_group(node),
                _ => {}
            }
        }
        picture
    }

    fn read_group(&mut self, group: Node<'_, '_>) {
        let title = group.first_element_child().filter(|node| node.has_tag_name("title"));
        let title =
            title.and_then(|title| title.text()).unwrap_or_else(|| panic!("{}: a group without a title", self.name));
        self.titles.push(title.to_owned());
        for node in group.children().filter(|node| node.has_tag_name("rect")) {
            let class = group.attribute("class").unwrap().to_owned();
            let (x, width) = (number(node, "x").unwrap(), number(node, "width").unwrap());
            let (top, height) = (number(node, "y").unwrap(), number(node, "height").unwrap());
            self.bars.push(Bar { class, x, width, top, bottom: top + height });
        }
    }

    /// Its height.
    pub fn height(&self) -> f64 {
        self.size.1
    }

    /// The bars of those classes, in order.
    pub fn bars(&self, classes: &[&str]) -> Vec<Bar> {
        self.bars.iter().filter(|bar| classes.contains(&bar.class.as_str())).cloned().collect()
    }

    /// The tooltips.
    pub fn titles(&self) -> Vec<String> {
        self.titles.clone()
    }

    /// The texts.
    pub fn texts(&self) -> Vec<Text> {
        self.texts.clone()
    }

    /// No text is on or under one of those bars.
    pub fn check_bars_are_free(&self, classes: &[&str]) {
        for bar in self.bars.iter().filter(|bar| classes.contains(&bar.class.as_str())) {
            for text in self.texts.iter().filter(|text| text.top < bar.bottom && text.bottom > bar.top) {
                let apart = text.left >= bar.x + bar.width || text.right <= bar.x;
                assert!(apart, "{}: {text:?} is on {bar:?}", self.name);
            }
        }
    }

    /// No text extends beyond the picture, and no two texts overlap.
    pub fn check_texts(&self) {
        let mut texts: Vec<_> = self.texts.iter().collect();
        texts.sort_by(|a, b| a.top.total_cmp(&b.top));
        for (index, text) in texts.iter().enumerate() {
            let inside = text.left >= 0.0 && text.top >= 0.0 && text.right <= self.size.0 && text.bottom <= self.size.1;
            assert!(inside, "{}: {text:?} leaves the picture", self.name);
            for other in texts[index + 1..].iter().take_while(|other| other.top < text.bottom) {
                let apart = other.left >= text.right || other.right <= text.left;
                assert!(apart, "{}: {text:?} overlaps {other:?}", self.name);
            }
        }
    }
}

impl Text {
    fn of(node: Node<'_, '_>) -> Self {
        let content = node.text().unwrap_or_default().to_owned();
        let (x, y) = (number(node, "x").unwrap(), number(node, "y").unwrap());
        let size = number(node, "font-size").unwrap();
        let width = text_width(&content, size, node.attribute("font-weight") == Some("bold"));
        let left = match node.attribute("text-anchor") {
            None => x,
            Some("middle") => x - 0.5 * width,
            Some("end") => x - width,
            Some(other) => panic!("no such anchor: {other}"),
        };
        Self { content, left, right: left + width, top: y - ASCENT * size, bottom: y + DESCENT * size }
    }
}
