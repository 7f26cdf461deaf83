//! Which items of a list are those of an earlier one: as many as possible, in the same order.
//!
//! A longest common subsequence, in which equal items count more than those that are only of the same kind. So a phase that was
//! added is one change, and one whose time changed is compared with what it was.

use serde_json::Value;

/// What became of an item, by its places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemChange {
    /// It is in both, and may have changed.
    Kept { old: usize, new: usize },
    /// Only the old list has it.
    Removed { old: usize },
    /// Only the new list has it.
    Added { new: usize },
}

/// Longer lists take too long: this many pairs of items are compared at most.
const MOST_PAIRS: usize = 1_000_000;

/// Every item of both lists, in the order of the new one; `None` for lists that are too long. Items of equally long lists keep
/// their places.
pub(super) fn item_changes(before: &[Value], after: &[Value]) -> Option<Vec<ItemChange>> {
    if before.len() == after.len() {
        return Some((0..after.len()).map(|place| ItemChange::Kept { old: place, new: place }).collect());
    }
    if (before.len() + 1) * (after.len() + 1) > MOST_PAIRS {
        return None;
    }
    let likeness = Likeness::of(before, after);
    let (mut old, mut new) = (0, 0);
    let mut items = Vec::new();
    while old < before.len() || new < after.len() {
        items.push(if likeness.is_kept(old, new) {
            (old, new) = (old + 1, new + 1);
            ItemChange::Kept { old: old - 1, new: new - 1 }
        } else if likeness.is_removed(old, new) {
            old += 1;
            ItemChange::Removed { old: old - 1 }
        } else {
            new += 1;
            ItemChange::Added { new: new - 1 }
        });
    }
    Some(items)
}

/// How much of the rest of both lists is alike, from each pair of places on.
struct Likeness<'a> {
    before: &'a [Value],
    after: &'a [Value],
    /// Row by row, those of the old list.
    best: Vec<u32>,
}

impl<'a> Likeness<'a> {
    fn of(before: &'a [Value], after: &'a [Value]) -> Self {
        let width = after.len() + 1;
        let mut likeness = Self { before, after, best: vec![0; (before.len() + 1) * width] };
        for old in (0..before.len()).rev() {
            for new in (0..after.len()).rev() {
                let kept = likeness.kept(old, new);
                let best = kept.max(likeness.from(old + 1, new)).max(likeness.from(old, new + 1));
                likeness.best[old * width + new] = best;
            }
        }
        likeness
    }

    fn from(&self, old: usize, new: usize) -> u32 {
        self.best[old * (self.after.len() + 1) + new]
    }

    /// With these two items as a pair; 0 if they are not alike.
    fn kept(&self, old: usize, new: usize) -> u32 {
        match alike(&self.before[old], &self.after[new]) {
            0 => 0,
            value => value + self.from(old + 1, new + 1),
        }
    }

    fn is_kept(&self, old: usize, new: usize) -> bool {
        let is_in_both = old < self.before.len() && new < self.after.len();
        is_in_both && self.kept(old, new) > 0 && self.kept(old, new) == self.from(old, new)
    }

    fn is_removed(&self, old: usize, new: usize) -> bool {
        let is_last = new == self.after.len();
        old < self.before.len() && (is_last || self.from(old + 1, new) == self.from(old, new))
    }
}

/// How alike two items are: equal ones most, then those that have the same fields, and the same name if they have one.
fn alike(old: &Value, new: &Value) -> u32 {
    const EQUAL: u32 = 3;
    const SAME_KIND: u32 = 1;
    let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else {
        return if old == new { EQUAL } else { 0 };
    };
    match before.get("name") == after.get("name") && before.keys().eq(after.keys()) {
        _ if old == new => EQUAL,
        true => SAME_KIND,
        false => 0,
    }
}
