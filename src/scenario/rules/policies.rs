//! Rules about the list of policies.

use std::collections::HashMap;

use crate::engine::{Dispatch, SpareWorkers};
use crate::policy::{PolicyChoice, PolicySize};

use super::super::diagnostic::{Diagnostic, list, shown};
use super::super::document::Element;
use super::super::explain::plain_with;
use super::super::objective::is_ambiguous;
use super::super::source::Span;
use super::Checker;

impl Checker<'_> {
    pub(super) fn check_policies(&self, policies: &[PolicyChoice]) -> Result<(), Diagnostic> {
        let nodes = self.root.at("policies");
        if policies.is_empty() {
            return Err(self
                .error("`policies` must have at least one policy", nodes.short_span(), "empty list")
                .with_help("add a policy, such as `{ \"sync\": { \"workers\": 4 } }`"));
        }
        self.check_number("policies", policies.len())?;
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(policies.len());
        for (index, policy) in policies.iter().enumerate() {
            let node = nodes.item(index).at(policy.kind());
            let span = self.policy_name(index, policy);
            let name = policy.name();
            self.check_name(name, "policy", span)?;
            let taken = match name {
                "all" => Some("`all` stands for all policies".to_owned()),
                _ if name != policy.kind() && PolicyChoice::KINDS.contains(&name) => {
                    Some("this is a kind of policy".to_owned())
                }
                _ => is_ambiguous(name),
            };
            if let Some(reason) = taken {
                return Err(self
                    .error(
                        format!("a policy of kind `{}` may not be named `{}`", policy.kind(), shown(name)),
                        span,
                        reason,
                    )
                    .with_help("choose another name"));
            }
            if let Some(first) = places.insert(name, index) {
                let twice = self.error(
                    format!("two policies are named `{}`", shown(name)),
                    span,
                    "the second policy with this name",
                );
                let help = match node.member("name") {
                    Some(_) => "choose different names",
                    None => "add `\"name\": \"…\"` to one of them: policies of the same kind need names",
                };
                let first = self.policy_name(first, &policies[first]);
                return Err(self.sources.also(twice, first, "the first one").with_help(help));
            }
            self.check_dispatch(policy, node)?;
            self.check_most("workers", policy.rules().workers, node.at("workers"))?;
            self.check_prefetch(policy, node)?;
            self.check_spare_workers(policy, node)?;
            self.check_accept_delay(policy, node)?;
        }
        Ok(())
    }

    /// Only workers that accept on their own wait before they do.
    fn check_accept_delay(&self, policy: &PolicyChoice, node: &Element) -> Result<(), Diagnostic> {
        let Some(member) = node.member("busy_accept_delay") else { return Ok(()) };
        if policy.rules().queueing.dispatch == Dispatch::Accept {
            return Ok(());
        }
        Err(self
            .error("`busy_accept_delay` without the dispatch `accept`", member.key_span, "no worker accepts on its own")
            .with_help("add `\"dispatch\": \"accept\"`, or remove it"))
    }

    /// No more workers run than there are, and requests wait in one queue for those that do.
    fn check_spare_workers(&self, policy: &PolicyChoice, node: &Element) -> Result<(), Diagnostic> {
        let rules = policy.rules();
        let Some(SpareWorkers { start, min, max, first_count, boot: _ }) = rules.spare_workers else { return Ok(()) };
        let [name_of_start, name_of_min, name_of_max] = policy.spare_fields();
        let of_workers = policy.size_field(PolicySize::Workers).unwrap_or("workers");
        let most = rules.workers;
        let limits = [
            (name_of_min, min.get(), name_of_max, max.get()),
            (name_of_start, start.get(), of_workers, most),
            (name_of_max, max.get(), of_workers, most),
        ];
        let fields = node.member("spare_workers").map_or(node, |spare| &spare.value);
        for (name, number, other, limit) in limits {
            if number > limit {
                let message = format!("`{name}` must be at most `{other}`");
                let found = format!("{number}, but `{other}` is {limit}");
                return Err(self.error(message, fields.at(name).short_span(), found));
            }
        }
        if first_count > SpareWorkers::INTERVAL {
            let found = format!("found {first_count}");
            let message = format!("`first_count` must be at most {}", SpareWorkers::INTERVAL);
            return Err(self.error(message, fields.at("first_count").short_span(), found));
        }
        if let Some(member) = node.member("prefetch") {
            return Err(self
                .error(
                    "`prefetch` and `spare_workers` together",
                    member.key_span,
                    "a worker with requests inside cannot stop",
                )
                .with_help("remove one of them"));
        }
        if rules.queueing.dispatch != Dispatch::Shared {
            let dispatch = written(rules.queueing.dispatch);
            let message = format!("`spare_workers` needs the dispatch `shared`, not `{dispatch}`");
            return Err(self
                .error(
                    message,
                    node.at("dispatch").short_span(),
                    "a request could be bound to a worker that does not run",
                )
                .with_help("remove `dispatch`: requests then wait in one queue for all workers"));
        }
        Ok(())
    }

    /// What a worker takes ahead is given once, and as a multiple of something.
    fn check_prefetch(&self, policy: &PolicyChoice, node: &Element) -> Result<(), Diagnostic> {
        let Some(member) = node.member("prefetch") else { return Ok(()) };
        if node.member("worker_connections").is_some() {
            return Err(self
                .error("`prefetch` and `worker_connections` together", member.key_span, "one limit is enough")
                .with_help("remove one of them: `worker_connections` is a number of requests, `prefetch` a multiple of `threads`"));
        }
        if policy.rules().slots.is_none() {
            return Err(self
                .error("`prefetch` without `max_in_progress`", member.key_span, "a multiple of what?")
                .with_help("add `max_in_progress`: a loop that takes any number of requests takes none ahead"));
        }
        Ok(())
    }

    /// A preset allows only the `dispatch` that its product has.
    fn check_dispatch(&self, policy: &PolicyChoice, node: &Element) -> Result<(), Diagnostic> {
        let Some(choice) = policy.product().map(|product| product.dispatch) else { return Ok(()) };
        let Some(refused) = choice.refused() else { return Ok(()) };
        let (kind, refused) = (policy.kind(), written(refused));
        let choices: Vec<String> = choice.choices.iter().map(|choice| written(*choice)).collect();
        let has = format!("allowed for `{kind}`: {}, or omit `dispatch`", list(choices.iter().map(String::as_str)));
        let help = match plain_with(policy, "dispatch", &refused) {
            Some(plain) => format!("{has}; to use another one, write the plain policy:\n{plain}"),
            None => has,
        };
        Err(self
            .error(
                format!("`{kind}` does not support the dispatch `{refused}`"),
                node.at("dispatch").short_span(),
                "not supported by this product",
            )
            .with_help(help))
    }

    /// Where the name of a policy is written: its `name`, or its kind.
    pub(super) fn policy_name(&self, index: usize, policy: &PolicyChoice) -> Span {
        let node = self.root.at("policies").item(index);
        match node.at(policy.kind()).member("name") {
            Some(name) => name.value.short_span(),
            None => node.member(policy.kind()).map_or(node.short_span(), |member| member.key_span),
        }
    }
}

/// As written in scenario files.
fn written(dispatch: Dispatch) -> String {
    serde_json::to_value(dispatch).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
