//! What every result takes for granted, said plainly.

/// What the model leaves out or takes for granted, in sentences.
pub const ASSUMPTIONS: &[&str] = &[
    "Network, memory pressure and disk are not modelled: a response time ends when the application has answered.",
    "What the application server itself does for each request (accepting, parsing, logging) is a policy's `overhead`: none, except under presets.",
    "Every policy meets the same requests: same arrivals, classes and demands.",
    "Demands do not depend on the load: a backend without a limit answers as fast under load as without.",
    "Threads and loops share the cores round robin; the kernel's scheduler is finer in detail.",
    "Response time counts from the intended arrival, so time in the backlog is part of it.",
];
