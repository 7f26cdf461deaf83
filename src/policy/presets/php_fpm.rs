//! PHP-FPM: one request per child process.
//!
//! The plain policy `sync`. `pm.max_children` is how many requests are served at once. With `pm = dynamic` there are `spare_workers`.
//! With `ondemand` fewer children may run at first; under load there are `max_children`, and so there are here. Sources: PHP manual,
//! "FastCGI Process Manager: Configuration" (PHP 8.4); `www.conf.default` for the numbers of children.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, MEASURED_WITHOUT_PYTHON, Plain, Preset, Product, killed_after, overhead, replaced_after};
use crate::engine::SpareWorkers;
use crate::model::{Overhead, SimDuration};
use crate::policy::{OverheadForm, Sync, is_false};

const NOTE: &str =
    "All `max_children` run from the start: children that start and stop under `pm = ondemand` are not modelled.";

const OVERHEAD: Overhead = overhead(140, 50, 40);

const TWO: NonZeroU32 = NonZeroU32::new(2).expect("2 is not 0");
const THREE: NonZeroU32 = NonZeroU32::new(3).expect("3 is not 0");

/// With nginx, which receives each request and passes the answer on.
const WITH_NGINX: Overhead = overhead(240, 150, 40);

/// PHP.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhpFpm {
    /// Name in reports; `php_fpm` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Its `pm`: how the number of child processes is chosen.
    #[serde(default)]
    pub pm: ProcessManager,
    /// Its `pm.max_children`: maximum number of child processes, each of which serves one request (default: 5).
    #[serde(default = "five")]
    pub max_children: NonZeroU32,
    /// Its `pm.start_servers`, with `pm` "dynamic": number of child processes at the start (default: 2, or `max_children` if that
    /// is less).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_servers: Option<NonZeroU32>,
    /// Its `pm.min_spare_servers`, with `pm` "dynamic": with fewer idle child processes, more are started (default: 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_spare_servers: Option<NonZeroU32>,
    /// Its `pm.max_spare_servers`, with `pm` "dynamic": with more idle child processes, one is stopped each second (default: 3,
    /// or `max_children` if that is less).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_spare_servers: Option<NonZeroU32>,
    /// With `pm` "dynamic": when PHP-FPM counts its idle child processes for the first time, at most "1s" after the start
    /// (default: "500ms"). A real one counts once a second, at times that do not depend on the requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_count: Option<SimDuration>,
    /// Its `listen.backlog`: length of the listen queue (default: 511). Once it is full, the behaviour of a real server
    /// cannot be predicted.
    #[serde(default = "backlog")]
    pub listen_backlog: u32,
    /// Its `pm.max_requests`: number of requests after which a child process is replaced; never if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<NonZeroU32>,
    /// Its `request_terminate_timeout`: a child process that is busy with one request for this long is killed, and the request
    /// fails. If 0 or omitted, none is killed, as in PHP-FPM itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_terminate_timeout: Option<SimDuration>,
    /// Time that a new child process takes to start (default: 0): with `pm` "dynamic", `max_requests` and
    /// `request_terminate_timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<SimDuration>,
    /// Whether nginx runs on the same cores: its CPU time per request, 0.2 ms, is then part of the overhead (default: false).
    #[serde(default, skip_serializing_if = "is_false")]
    pub nginx: bool,
    /// CPU time of PHP-FPM itself per request, with that of nginx if it is on the same cores; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

/// How PHP-FPM chooses the number of its child processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessManager {
    /// Always `max_children`.
    Static,
    /// As many as are needed and some to spare, up to `max_children`. Once a second some are started or one is stopped.
    #[default]
    Dynamic,
    /// Started when requests arrive, up to `max_children`; modelled as `static`.
    Ondemand,
}

impl ProcessManager {
    /// Its name in PHP-FPM and in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
            Self::Ondemand => "ondemand",
        }
    }
}

const fn five() -> NonZeroU32 {
    NonZeroU32::new(5).expect("5 is not 0")
}

const fn backlog() -> u32 {
    511
}

impl Preset for PhpFpm {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: Some(format!("PHP-FPM 8.2.36 behind nginx 1.22.1 on {MEASURED_WITHOUT_PYTHON}")),
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: match self.pm {
                ProcessManager::Static | ProcessManager::Dynamic => None,
                ProcessManager::Ondemand => Some(NOTE),
            },
        }
    }
}

impl PhpFpm {
    fn plain(&self) -> Plain {
        Plain::Sync(Sync {
            workers: self.max_children,
            backlog: Some(self.listen_backlog),
            max_requests: replaced_after(self.max_requests, None, self.boot),
            worker_timeout: killed_after(self.request_terminate_timeout, self.boot),
            overhead: Some(OverheadForm::or(self.overhead, if self.nginx { WITH_NGINX } else { OVERHEAD }).into()),
            spare_workers: match self.pm {
                ProcessManager::Dynamic => Some(self.spare_workers()),
                ProcessManager::Static | ProcessManager::Ondemand => None,
            },
            ..Sync::default()
        })
    }

    /// With the values of `www.conf.default` for what is omitted.
    fn spare_workers(&self) -> SpareWorkers {
        SpareWorkers {
            start: self.start_servers.unwrap_or(TWO.min(self.max_children)),
            min: self.min_spare_servers.unwrap_or(NonZeroU32::MIN),
            max: self.max_spare_servers.unwrap_or(THREE.min(self.max_children)),
            first_count: self.first_count.unwrap_or(SpareWorkers::default_first_count()),
            boot: self.boot.unwrap_or_default(),
        }
    }
}
