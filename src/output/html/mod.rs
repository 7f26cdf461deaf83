//! Pages: HTML files that need no server, no script to be read, and nothing from outside.
//!
//! [`Shell`] is the frame of every page, with a content security policy that lets only the page's own style and script
//! through. What stands in it are blocks (`format/html`), and for a report the timeline of `svg/web`.

mod before;
mod report;
mod shell;

pub use self::before::{BeforeNumbers, BeforePage};
pub use self::report::ReportPage;
pub(super) use self::shell::Shell;
