//! The overhead of an application server, as written in scenario files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Overhead, SimDuration};

/// CPU time of the application server itself per request; it occupies the worker, the lock or the loop. An omitted part
/// has the preset's own value, or is 0 under a plain policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Overhead")]
pub struct OverheadForm {
    /// Before the handler: accepting the connection, parsing the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<SimDuration>,
    /// From the end of the handler until the response is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<SimDuration>,
    /// After the response is sent, while the worker is still occupied; not part of the response time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<SimDuration>,
}

impl OverheadForm {
    /// The overhead given in a scenario; `otherwise` provides the omitted parts.
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
