//! The sizes of a policy that one chooses: how many workers, and how many threads in each.

use std::num::NonZeroU32;

use super::PolicyChoice;

/// A size of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicySize {
    /// Number of worker processes, under the policy's own name: `workers`, `processes`, `max_children`.
    Workers,
    /// Number of threads in each worker.
    Threads,
}

impl PolicyChoice {
    /// The field of the policy that holds a size, if the policy has it.
    pub fn size_field(&self, size: PolicySize) -> Option<&'static str> {
        let Fields { workers, threads, spare: _ } = self.fields();
        match size {
            PolicySize::Workers => workers,
            PolicySize::Threads => threads,
        }
    }

    /// The fields that say how many workers run while fewer than all are needed: at the start, and how many idle ones there are
    /// at least and at most.
    pub fn spare_fields(&self) -> [&'static str; 3] {
        self.fields().spare
    }

    /// The smallest number of workers with which the policy's other fields are valid.
    pub fn least_workers(&self) -> u32 {
        let smallest = self.with_size(PolicySize::Workers, NonZeroU32::MIN);
        let spare = smallest.and_then(|policy| policy.rules().spare_workers);
        spare.map_or(1, |spare| spare.start.max(spare.min).max(spare.max).get())
    }

    fn fields(&self) -> Fields {
        let none = Fields { workers: None, threads: None, spare: ["start", "min", "max"] };
        let processes = |workers| Fields { workers: Some(workers), ..none };
        let with_threads = |workers| Fields { workers: Some(workers), threads: Some("threads"), ..none };
        match self {
            Self::Sync(_) | Self::Async(_) | Self::Uvicorn(_) | Self::Hypercorn(_) | Self::Node(_) => {
                processes("workers")
            }
            // A new thread for each request, or one for all.
            Self::DjangoAsgi(_) => processes("workers"),
            Self::Threaded(_) | Self::FastapiThreadpool(_) | Self::Puma(_) => with_threads("workers"),
            Self::Gunicorn(gunicorn) => match gunicorn.has_threads() {
                true => with_threads("workers"),
                false => processes("workers"),
            },
            Self::Uwsgi(uwsgi) => match uwsgi.threads.get() > 1 {
                true => with_threads("processes"),
                false => processes("processes"),
            },
            // The processes of a node, which take the place of threads.
            Self::Celery(_) => Fields { threads: Some("concurrency"), ..none },
            Self::Unicorn(_) => processes("worker_processes"),
            Self::PhpFpm(_) => Fields {
                spare: ["start_servers", "min_spare_servers", "max_spare_servers"],
                ..processes("max_children")
            },
            Self::Waitress(_) | Self::Tomcat(_) => Fields { threads: Some("threads"), ..none },
            Self::Go(_) => none,
        }
    }

    /// The same policy with another size; `None` if it does not have that size.
    pub fn with_size(&self, size: PolicySize, number: NonZeroU32) -> Option<Self> {
        let field = self.size_field(size)?;
        let mut written = serde_json::to_value(self).ok()?;
        written.get_mut(self.kind())?[field] = number.get().into();
        serde_json::from_value(written).ok()
    }
}

/// The names of the sizes that a policy has.
#[derive(Clone, Copy)]
struct Fields {
    workers: Option<&'static str>,
    threads: Option<&'static str>,
    spare: [&'static str; 3],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::examples;

    #[test]
    fn there_are_as_many_workers_as_may_run_at_first_and_be_idle() {
        for (text, least) in [
            (r#"{ "sync": { "workers": 9 } }"#, 1),
            (r#"{ "sync": { "workers": 9, "spare_workers": { "start": 4, "min": 1, "max": 3 } } }"#, 4),
            (r#"{ "php_fpm": { "max_children": 9 } }"#, 1),
            (r#"{ "php_fpm": { "max_children": 9, "min_spare_servers": 2 } }"#, 2),
            (r#"{ "php_fpm": { "max_children": 9, "max_spare_servers": 5 } }"#, 5),
            (r#"{ "php_fpm": { "max_children": 9, "pm": "static", "max_spare_servers": 5 } }"#, 1),
        ] {
            let policy: PolicyChoice = serde_json::from_str(text).unwrap();
            assert_eq!(policy.least_workers(), least, "{text}");
        }
    }

    #[test]
    fn each_size_of_each_policy_can_be_changed_and_arrives_in_its_rules() {
        let plain =
            ["{\"sync\":{}}", "{\"threaded\":{}}", "{\"async\":{}}"].map(|text| serde_json::from_str(text).unwrap());
        for policy in examples().into_iter().map(|example| example.policy).chain(plain) {
            for size in [PolicySize::Workers, PolicySize::Threads] {
                let number = NonZeroU32::new(37).unwrap();
                let Some(changed) = policy.with_size(size, number) else {
                    assert_eq!(policy.size_field(size), None, "{policy:?}");
                    continue;
                };
                let rules = changed.rules();
                let threads = rules.thread_pool.map(|pool| pool.threads).or(rules.slots);
                match size {
                    PolicySize::Workers => assert_eq!(rules.workers, 37, "{policy:?}"),
                    PolicySize::Threads => assert_eq!(threads, Some(37), "{policy:?}"),
                }
            }
        }
    }
}
