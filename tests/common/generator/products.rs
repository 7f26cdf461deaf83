//! Random presets of real products, small enough that their limits are reached.

use serde_json::{Map, Value, json};

use super::Dice;

impl Dice {
    /// A preset with some of its options.
    pub(super) fn product(&mut self) -> Value {
        let backlog = self.up_to(20);
        let count = self.up_to(3);
        let (kind, mut options) = match self.up_to(14) {
            1 => ("gunicorn", self.gunicorn(count, backlog)),
            2 => ("uvicorn", json!({ "workers": count, "loop": self.event_loop(), "http": self.parser() })),
            3 => ("fastapi_threadpool", json!({ "workers": count, "threads": self.up_to(4), "classes": ["a"] })),
            4 => ("waitress", json!({ "threads": count })),
            5 => ("uwsgi", json!({ "processes": count, "threads": self.up_to(3), "listen": backlog })),
            6 => ("hypercorn", json!({ "workers": count, "worker_class": self.pick(&["asyncio", "uvloop", "trio"]) })),
            7 => {
                let threads = self.pick(&["per_request", "one"]);
                ("django_asgi", json!({ "workers": count, "threads": threads, "classes": ["a"] }))
            }
            8 => ("celery", json!({ "nodes": count, "concurrency": self.up_to(3), "prefetch": self.up_to(3) })),
            9 => ("node", json!({ "workers": count, "dispatch": self.pick(&["round_robin", "accept"]) })),
            10 => {
                let mut options = json!({ "workers": count, "threads": self.up_to(4), "backlog": backlog });
                if self.one_in(2) {
                    options["wait_for_less_busy_worker"] = json!("5ms");
                }
                ("puma", options)
            }
            11 => ("unicorn", json!({ "worker_processes": count, "backlog": backlog })),
            12 => {
                let pm = self.pick(&["static", "dynamic", "ondemand"]);
                let options =
                    json!({ "pm": pm, "max_children": count, "listen_backlog": backlog, "nginx": self.one_in(3) });
                ("php_fpm", self.spare_servers(options))
            }
            13 => ("tomcat", json!({ "threads": count, "max_connections": self.up_to(9), "accept_count": backlog })),
            _ => ("go", json!({})),
        };
        self.replace_workers(kind, &mut options);
        if self.one_in(3) {
            options["overhead"] = json!({ "response": self.millis(2) });
        }
        json!({ kind: options })
    }

    /// How many children PHP-FPM has to spare, sometimes.
    fn spare_servers(&mut self, mut options: Value) -> Value {
        if self.one_in(2) {
            let all = options["max_children"].as_u64().unwrap_or(1) as u32;
            let most = self.up_to(all);
            options["start_servers"] = json!(self.up_to(all));
            options["max_spare_servers"] = json!(most);
            options["min_spare_servers"] = json!(self.up_to(most));
            options["first_count"] = json!(self.millis(900));
        }
        options
    }

    fn gunicorn(&mut self, workers: u32, backlog: u32) -> Value {
        let worker_class = self.pick(&["sync", "gthread", "gevent", "uvicorn_worker"]);
        let mut options =
            json!({ "worker_class": worker_class, "workers": workers, "threads": self.up_to(4), "backlog": backlog });
        if self.one_in(2) {
            options["worker_connections"] = json!(self.up_to(6));
        }
        if self.one_in(3) {
            options["dispatch"] = json!("random");
        }
        if self.one_in(3) {
            options["timeout"] = json!(self.millis(60));
        }
        options["loop"] = json!(self.event_loop());
        options["http"] = json!(self.parser());
        options
    }

    fn event_loop(&mut self) -> &'static str {
        self.pick(&["asyncio", "uvloop"])
    }

    fn parser(&mut self) -> &'static str {
        self.pick(&["httptools", "h11"])
    }

    /// Sometimes, if the product can: a number of requests after which workers are replaced, and a limit of uvicorn's.
    fn replace_workers(&mut self, kind: &str, options: &mut Value) {
        let count = json!(self.up_to(20));
        let jitter = json!(self.up_to(6) - 1);
        let boot = json!(self.millis(300));
        let limit = json!(self.up_to(8));
        let (replaces, limits) = (self.one_in(2), self.one_in(4));
        let more = match kind {
            "gunicorn" => json!({ "max_requests": count, "max_requests_jitter": jitter, "boot": boot }),
            "uvicorn" | "fastapi_threadpool" => {
                json!({ "limit_max_requests": count, "limit_max_requests_jitter": jitter, "boot": boot })
            }
            "php_fpm" => {
                json!({ "max_requests": count, "boot": boot, "request_terminate_timeout": self.millis(60) })
            }
            "unicorn" => json!({ "timeout": self.millis(60), "boot": boot }),
            "uwsgi" => json!({ "max_requests": count, "boot": boot }),
            _ => return,
        };
        let options = options.as_object_mut().expect("the options are an object");
        if replaces {
            options.extend(more.as_object().cloned().unwrap_or_else(Map::new));
        }
        if limits && ["uvicorn", "fastapi_threadpool"].contains(&kind) {
            options.insert("limit_concurrency".into(), limit);
        }
    }
}
