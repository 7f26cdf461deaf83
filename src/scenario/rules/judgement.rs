//! Rules about objectives and tolerances.

use indexmap::IndexMap;

use super::super::diagnostic::Diagnostic;
use super::super::format::ToleranceForm;
use super::super::objective::{Names, Objective, quantity};
use super::super::part::Part;
use super::super::tolerance::{Tolerances, judged};
use super::Checker;

impl Checker<'_> {
    pub(super) fn objectives(&self, texts: &[String], names: &Names<'_>) -> Result<Vec<Objective>, Diagnostic> {
        let nodes = self.root.at("slo");
        let objective =
            |(index, text): (usize, &String)| names.objective(Part::of(text, nodes.item(index), self.sources));
        texts.iter().enumerate().map(objective).collect()
    }

    pub(super) fn tolerances(&self, forms: IndexMap<String, ToleranceForm>) -> Result<Tolerances, Diagnostic> {
        let mut tolerances = Tolerances::default();
        for (name, ToleranceForm { relative, absolute }) in forms {
            let node = self.root.at("tolerances").at(&name);
            let metric = judged(Part::at_span(&name, self.key("tolerances", &name), self.sources))?;
            let quantity = |text: &String| {
                quantity(Part::of(text, node.at("absolute"), self.sources).trim(), metric.facts().unit, metric.name())
            };
            tolerances.change(metric, relative, absolute.as_ref().map(quantity).transpose()?);
        }
        Ok(tolerances)
    }
}
