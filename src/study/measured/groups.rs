//! The numbers during faults, of replications in groups.
//!
//! A fault lasts as long as the scenario says, so a longer run has no more requests during it and hardly any replication has
//! enough for a percentile. Groups of consecutive replications have: of 1, of 2, of 4 and so on. They are independent of each
//! other, as the replications are.

use crate::stats::{FaultWatch, PolicyNumbers};

/// The numbers during each fault, `None` for faults without a name.
type DuringFaults = Vec<Option<PolicyNumbers>>;

/// What was seen of faults, in groups that double in size.
#[derive(Debug)]
pub(super) struct FaultGroups {
    sizes: Vec<GroupSize>,
}

/// The groups of one size.
#[derive(Debug, Default)]
struct GroupSize {
    /// The numbers of each group.
    groups: Vec<DuringFaults>,
    /// The last group, if it still has no other to join.
    waiting: Option<FaultWatch>,
}

impl FaultGroups {
    /// None yet.
    pub const fn new() -> Self {
        Self { sizes: Vec::new() }
    }

    /// Adds the next replication; `numbers` makes numbers of what was seen.
    pub fn add(&mut self, watch: FaultWatch, numbers: impl Fn(&FaultWatch) -> DuringFaults) {
        let mut group = watch;
        for place in 0.. {
            if place == self.sizes.len() {
                self.sizes.push(GroupSize::default());
            }
            let size = &mut self.sizes[place];
            size.groups.push(numbers(&group));
            match size.waiting.take() {
                Some(mut before) => {
                    before.merge(&group);
                    group = before;
                }
                None => {
                    size.waiting = Some(group);
                    return;
                }
            }
        }
    }

    /// The numbers during the fault in this place of all groups of one size, the smallest groups first; at least `fewest` groups
    /// of those that are more than a replication.
    pub fn of_fault(&self, place: usize, fewest: usize) -> impl Iterator<Item = Vec<PolicyNumbers>> {
        let of_size = move |size: &GroupSize| -> Vec<PolicyNumbers> {
            size.groups.iter().filter_map(|during| during.get(place)?.clone()).collect()
        };
        let are_enough = move |(doubled, size): &(usize, &GroupSize)| *doubled == 0 || size.groups.len() >= fewest;
        self.sizes.iter().enumerate().filter(are_enough).map(move |(_, size)| of_size(size))
    }
}
