//! What a path of `--vary` stands for: a place in the scenario, or a field of every policy that has it.

use crate::scenario::diagnostic::{allowed_names, shown};
use crate::scenario::document::{Element, Member};
use crate::scenario::schema::Shape;

/// The paths that `path` stands for, or what to do about a name that is none.
///
/// A name at the top of a scenario begins a path. Any other name is a field of policies: of each that has such a field; or of
/// the machine.
pub(super) fn targets(path: &str, document: &Element) -> Result<Vec<String>, String> {
    let first = path[..path.find(['.', '[']).unwrap_or(path.len())].trim();
    let (top, machine) = (Shape::root().names(), Shape::root().property("machine").names());
    if top.contains(&first) || first.is_empty() {
        return Ok(vec![path.to_owned()]);
    }
    let policies = Policies::of(document);
    let of_policies = policies.with(first);
    if !of_policies.is_empty() {
        return Ok(of_policies.into_iter().map(|policy| format!("{policy}.{path}")).collect());
    }
    if machine.contains(&first) {
        return Ok(vec![format!("machine.{path}")]);
    }
    let fields = policies.fields();
    let known = fields.into_iter().chain(machine).chain(top);
    Err(allowed_names("fields of its policies, its machine and the scenario", first, known))
}

/// A path with the number of its policy, if it names one.
pub(super) fn numbered(path: &str, document: &Element) -> String {
    let Some((name, rest)) = path.strip_prefix("policies.").and_then(|path| path.split_once('.')) else {
        return path.to_owned();
    };
    if name.parse::<usize>().is_ok() {
        return format!("policies[{name}].{rest}");
    }
    let policies = document.member("policies").map_or(&[][..], |member| member.value.items());
    let is_it = |member: &Member| {
        let own = member.value.member("name").map(|name| name.value.to_json());
        member.key == name || own.is_some_and(|own| own == name)
    };
    let mut members = policies.iter().map(Element::only_member).enumerate();
    let found = members.find_map(|(place, member)| Some((place, member.filter(|member| is_it(member))?)));
    found.map_or_else(|| path.to_owned(), |(place, member)| format!("policies[{place}].{}.{rest}", member.key))
}

/// The policies of a document, each with its path and the fields that it may have.
struct Policies<'a>(Vec<(String, Vec<&'a str>)>);

impl Policies<'_> {
    fn of(document: &Element) -> Self {
        let shape = Shape::root().property("policies").item();
        let items = document.member("policies").map_or(&[][..], |member| member.value.items());
        let policy = |(number, item): (usize, &Element)| {
            let member = item.only_member()?;
            Some((format!("policies[{number}].{}", member.key), shape.property(&member.key).names()))
        };
        Self(items.iter().enumerate().filter_map(policy).collect())
    }

    /// The paths of those that may have a field.
    fn with(&self, field: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, fields)| fields.contains(&field)).map(|(path, _)| path.as_str()).collect()
    }

    /// The fields that any may have, each once.
    fn fields(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.0.iter().flat_map(|(_, fields)| fields.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The message about a name that is no field.
pub(super) fn no_such_field(path: &str) -> String {
    format!("nothing in the scenario is called `{}`", shown(path))
}
