//! Titled lists.

/// Items under a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The title.
    pub title: String,
    /// A sentence or a line each.
    pub items: Vec<String>,
    /// Whether each item has a bullet where there is room for one.
    pub has_bullets: bool,
}

impl List {
    /// A list without bullets.
    pub fn plain(title: impl Into<String>, items: Vec<String>) -> Self {
        Self { title: title.into(), items, has_bullets: false }
    }

    /// A list with bullets.
    pub fn bulleted(title: impl Into<String>, items: Vec<String>) -> Self {
        Self { title: title.into(), items, has_bullets: true }
    }
}

/// Terms and what they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definitions {
    /// The title.
    pub title: String,
    /// Each term with its value.
    pub entries: Vec<(String, String)>,
    /// Why there are none, where that can be.
    pub none: &'static str,
}
