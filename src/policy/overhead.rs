//! The overhead of an application server, as scenario files write it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Overhead, SimDuration};

/// CPU time of the application server itself, for each request: it holds the worker, the lock or the loop. What is left
/// out is a preset's own value, or nothing under a plain policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Overhead")]
pub struct OverheadForm {
    /// Before the handler: accepting the connection, parsing the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<SimDuration>,
    /// From the end of the handler until the response is out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<SimDuration>,
    /// After the response is out, still occupying the worker: no part of the response time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<SimDuration>,
}

impl OverheadForm {
    /// What a scenario says, and for the rest what holds otherwise.
    pub fn or(form: Option<Self>, otherwise: Overhead) -> Overhead {
        let form = form.unwrap_or_default();
        Overhead {
            before: form.before.unwrap_or(otherwise.before),
            response: form.response.unwrap_or(otherwise.response),
            after: form.after.unwrap_or(otherwise.after),
        }
    }
}

impl From<Overhead> for OverheadForm {
    fn from(Overhead { before, response, after }: Overhead) -> Self {
        Self { before: Some(before), response: Some(response), after: Some(after) }
    }
}
