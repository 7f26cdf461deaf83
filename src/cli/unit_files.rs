//! Units of work in files: what each of several machines did, one file per unit, so that another one can merge them.
//!
//! `FOLDER/SCENARIO/units/UNIT.unit.json`, each written whole or not at all. A file says what it is of (version, model, scenario,
//! seed, unit) and ends with the state; what it says of itself is compared before the state is used. Which machine wrote it does
//! not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::failure::{Failure, reason};
use super::files;
use super::shutdown::Shutdown;
use crate::engine::MODEL_VERSION;
use crate::study::{Shard, UNIT_SCHEMA, UnitHeader, UnitKind, UnitOf, UnitStore, WorkUnit};

/// The folder of the units of a scenario.
const UNITS: &str = "units";
const ENDING: &str = ".unit.json";

/// How many folders deep files are looked for.
const DEEPEST: u32 = 8;

/// Units that are listed, at most.
const MOST_LISTED: usize = 20;

/// What comes before the state in a file. A quote within a text would be escaped, so this occurs only there.
const STATE: &str = ",\"state\":";

/// The units in a folder, and in the folders below it.
#[derive(Debug)]
pub struct UnitFolder {
    folder: PathBuf,
    /// `None`: they are read only.
    shard: Option<Shard>,
    /// By scenario and unit.
    known: BTreeMap<(String, String), Vec<PathBuf>>,
    shutdown: Shutdown,
    log: Mutex<Log>,
}

/// A unit of a scenario.
type NamedUnit = (String, WorkUnit);

/// What was done.
#[derive(Debug, Default)]
struct Log {
    /// The first one.
    failure: Option<Failure>,
    found: BTreeSet<NamedUnit>,
    done: BTreeSet<NamedUnit>,
    missing: BTreeSet<NamedUnit>,
    /// Files that are not what was once written.
    damaged: BTreeSet<PathBuf>,
}

/// Why a file cannot be used.
enum Unusable {
    /// It is not whole, or was changed.
    Damaged,
    /// It is of something else.
    Other(String),
}

/// What the file of a unit with this state says.
fn header(unit: &UnitOf<'_>, state: &str) -> UnitHeader {
    let digest = Sha256::digest(state);
    UnitHeader {
        schema: UNIT_SCHEMA.to_owned(),
        waitline: env!("CARGO_PKG_VERSION").to_owned(),
        model: MODEL_VERSION,
        scenario: unit.scenario.name().to_owned(),
        scenario_sha256: unit.scenario.sha256().to_owned(),
        seed: unit.scenario.run().seed,
        objectives: unit.objectives.to_vec(),
        unit: unit.unit.to_string(),
        state_sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// What `found` is of, where that is not what was expected.
fn difference(expected: &UnitHeader, found: &UnitHeader) -> Option<String> {
    let UnitHeader { schema, waitline, model, scenario, scenario_sha256, seed, objectives, unit, state_sha256: _ } =
        expected;
    let pairs = [
        ("schema", schema.clone(), found.schema.clone()),
        ("version of waitline", waitline.clone(), found.waitline.clone()),
        ("version of the model", model.to_string(), found.model.to_string()),
        ("scenario", scenario.clone(), found.scenario.clone()),
        ("seed", seed.to_string(), found.seed.to_string()),
        ("hash of the scenario", scenario_sha256.clone(), found.scenario_sha256.clone()),
        ("objective", objectives.join(", "), found.objectives.join(", ")),
        ("unit", unit.clone(), found.unit.clone()),
    ];
    let differs = pairs.into_iter().find(|(_, ours, theirs)| ours != theirs);
    differs.map(|(what, ours, theirs)| format!("its {what} is {theirs}, not {ours}"))
}

/// The text of a file.
fn text(header: &UnitHeader, state: &str) -> String {
    let header = serde_json::to_string(header).expect("a header is plain data under names");
    let open = header.strip_suffix('}').unwrap_or(&header);
    format!("{open}{STATE}{state}}}\n")
}

/// The state in a file that must be of this unit.
fn state(text: &str, unit: &UnitOf<'_>) -> Result<String, Unusable> {
    let (said, state) = text.split_once(STATE).ok_or(Unusable::Damaged)?;
    let found: UnitHeader = serde_json::from_str(&format!("{said}}}")).map_err(|_| Unusable::Damaged)?;
    let state = state.strip_suffix("}\n").ok_or(Unusable::Damaged)?;
    let expected = header(unit, state);
    match difference(&expected, &found) {
        Some(difference) => Err(Unusable::Other(difference)),
        None if expected == found => Ok(state.to_owned()),
        None => Err(Unusable::Damaged),
    }
}

impl UnitFolder {
    /// The units in a folder, which need not exist.
    pub fn new(folder: PathBuf, shard: Option<Shard>, shutdown: &Shutdown) -> Self {
        let mut known = BTreeMap::new();
        collect(&folder, DEEPEST, &mut |path| {
            let names =
                path.parent().filter(|units| units.ends_with(UNITS)).and_then(|units| units.parent()?.file_name());
            let unit = path.file_name().and_then(|name| name.to_str()?.strip_suffix(ENDING));
            if let (Some(scenario), Some(unit)) = (names, unit) {
                let key = (scenario.to_string_lossy().into_owned(), unit.to_owned());
                known.entry(key).or_insert_with(Vec::new).push(path.to_owned());
            }
        });
        Self { folder, shard, known, shutdown: shutdown.clone(), log: Mutex::default() }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, failure: Failure) {
        self.log().failure.get_or_insert(failure);
    }

    fn path(&self, unit: &UnitOf<'_>) -> PathBuf {
        self.folder.join(unit.scenario.name()).join(UNITS).join(format!("{}{ENDING}", unit.unit))
    }

    /// All files that are said to be of a unit.
    fn paths(&self, unit: &UnitOf<'_>) -> BTreeSet<PathBuf> {
        let key = (unit.scenario.name().to_owned(), unit.unit.to_string());
        let known = self.known.get(&key).into_iter().flatten().cloned();
        known.chain([self.path(unit)].into_iter().filter(|path| path.exists())).collect()
    }

    /// The state in a file, if it can be used.
    fn read(&self, path: &Path, unit: &UnitOf<'_>) -> Option<String> {
        let text = match files::read_up_to(path, files::MOST_OF_DATA) {
            Ok(bytes) => String::from_utf8(bytes).unwrap_or_default(),
            Err(error) => {
                let help = "make it readable, or remove it and run the shards again";
                self.fail(Failure::bad(format!("cannot read `{}`: {}", path.display(), reason(&error)), help));
                return None;
            }
        };
        match state(&text, unit) {
            Ok(state) => Some(state),
            Err(Unusable::Damaged) => {
                self.log().damaged.insert(path.to_owned());
                None
            }
            Err(Unusable::Other(difference)) => {
                let help = "the shards of a command have the same scenario, options, seed and version of waitline, and a \
                            folder of their own: remove the units of others, or use another --out";
                self.fail(Failure::bad(format!("`{}` is a unit of another run: {difference}", path.display()), help));
                None
            }
        }
    }

    /// Why not all could be done.
    ///
    /// # Errors
    /// The first failure.
    pub fn check(&self) -> Result<(), Failure> {
        self.log().failure.take().map_or(Ok(()), Err)
    }

    /// How many units were done here, were there already, and are not there.
    pub fn counts(&self) -> [usize; 3] {
        let log = self.log();
        [log.done.len(), log.found.difference(&log.done).count(), log.missing.len()]
    }

    /// The units that are needed and not there, some in a line; and the files that are damaged.
    pub fn missing(&self) -> Vec<String> {
        let log = self.log();
        let mut lines: Vec<String> = grouped(&log.missing);
        let hidden = lines.len().saturating_sub(MOST_LISTED);
        lines.truncate(MOST_LISTED);
        lines.extend((hidden > 0).then(|| format!("and {hidden} more")));
        lines.extend(log.damaged.iter().map(|path| format!("`{}` is damaged", path.display())));
        lines
    }
}

/// Units as a person lists them: replications of a point and a policy together.
fn grouped(units: &BTreeSet<NamedUnit>) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (scenario, unit) in units {
        match unit.kind {
            UnitKind::Replication(number) => {
                let name = unit.to_string();
                let group = name.rsplit_once('-').map_or(name.as_str(), |(group, _)| group);
                groups.entry(format!("{scenario}: {group}")).or_default().push(number);
            }
            UnitKind::OnlyReplication | UnitKind::WarmUp | UnitKind::Capacity => {
                groups.entry(format!("{scenario}: {unit}")).or_default();
            }
        }
    }
    groups
        .into_iter()
        .map(|(group, mut numbers)| {
            numbers.sort_unstable();
            format!("{group}{}", ranges(&numbers))
        })
        .collect()
}

/// Numbers in order, such as -0..5,7.
fn ranges(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let range = |(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first}..{last}") };
    let ranges: Vec<String> = ranges.iter().map(range).collect();
    if ranges.is_empty() { String::new() } else { format!("-{}", ranges.join(",")) }
}

/// Calls `found` with each file below a folder. Links are not followed.
pub fn collect(folder: &Path, deepest: u32, found: &mut dyn FnMut(&Path)) {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && deepest > 0 => collect(&entry.path(), deepest - 1, found),
            Ok(kind) if kind.is_file() => found(&entry.path()),
            Ok(_) | Err(_) => {}
        }
    }
}

impl UnitStore for UnitFolder {
    fn shard(&self) -> Option<Shard> {
        self.shard
    }

    fn find(&self, unit: &UnitOf<'_>) -> Option<String> {
        let mut first: Option<(PathBuf, String)> = None;
        for path in self.paths(unit) {
            let Some(state) = self.read(&path, unit) else { continue };
            match &first {
                Some((other, known)) if *known != state => {
                    let message = format!("`{}` and `{}` are of one unit and differ", other.display(), path.display());
                    let help = "one of them was changed, or written by another build of waitline: remove both, and run the \
                                shards again";
                    self.fail(Failure::bad(message, help));
                    return None;
                }
                Some(_) => {}
                None => first = Some((path, state)),
            }
        }
        let (_, state) = first?;
        self.log().found.insert((unit.scenario.name().to_owned(), unit.unit.clone()));
        Some(state)
    }

    fn keep(&self, unit: &UnitOf<'_>, state: &str) {
        match files::write(&self.path(unit), &text(&header(unit, state), state), &self.shutdown) {
            Ok(()) => drop(self.log().done.insert((unit.scenario.name().to_owned(), unit.unit.clone()))),
            Err(failure) => self.fail(failure),
        }
    }

    fn miss(&self, unit: &UnitOf<'_>) {
        self.log().missing.insert((unit.scenario.name().to_owned(), unit.unit.clone()));
    }

    fn refuse(&self, unit: &UnitOf<'_>) {
        let paths = self.paths(unit);
        self.log().damaged.extend(paths);
    }

    fn goes_on(&self) -> bool {
        self.log().failure.is_none()
    }
}
