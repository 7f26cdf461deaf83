//! Rules about the list of policies.

use crate::policy::PolicyChoice;

use super::super::diagnostic::{Diagnostic, shown};
use super::super::objective::is_ambiguous;
use super::super::source::Span;
use super::Rules;

impl Rules<'_> {
    pub(super) fn check_policies(&self, policies: &[PolicyChoice]) -> Result<(), Diagnostic> {
        let nodes = self.root.at("policies");
        if policies.is_empty() {
            return Err(self
                .error("there are no policies", nodes.short_span(), "empty")
                .with_help("add one, such as `{ \"sync\": { \"workers\": 4 } }`"));
        }
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
            if let Some(first) = policies[..index].iter().position(|other| other.name() == name) {
                let twice = self.error(format!("two policies are named `{}`", shown(name)), span, "the second");
                let help = match node.member("name") {
                    Some(_) => "names are unique",
                    None => "two of one kind need names: add `\"name\": \"…\"` to one of them",
                };
                let first = self.policy_name(first, &policies[first]);
                return Err(self.sources.also(twice, first, "the first").with_help(help));
            }
            self.check_most("workers", policy.rules().workers, node.at("workers"))?;
        }
        Ok(())
    }

    /// Where a policy gets its name: its `name`, or its kind.
    pub(super) fn policy_name(&self, index: usize, policy: &PolicyChoice) -> Span {
        let node = self.root.at("policies").item(index);
        match node.at(policy.kind()).member("name") {
            Some(name) => name.value.short_span(),
            None => node.member(policy.kind()).map_or(node.short_span(), |member| member.key_span),
        }
    }
}
