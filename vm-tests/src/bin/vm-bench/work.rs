// SPDX-License-Identifier: MIT OR Apache-2.0
//! One line of the table: what is done, from which state, and how it is timed.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use vm_tests::{Ctx, Failure, netns};

use crate::program::{Program, Programs};
use crate::{ROOT, Result};

/// A command with its standard input.
#[derive(Clone)]
pub struct Step {
    pub arguments: Vec<&'static str>,
    pub input: Option<PathBuf>,
}

impl Step {
    pub fn new(arguments: &[&'static str], input: Option<&PathBuf>) -> Self {
        Self { arguments: arguments.to_vec(), input: input.cloned() }
    }

    fn time(&self, program: &Program) -> Result<Duration> {
        program.time(&self.arguments, self.input.as_deref())
    }
}

/// What is measured.
#[derive(Clone)]
pub struct Work {
    pub name: String,
    pub goal: &'static str,
    /// What our tool does.
    pub ours: Vec<Step>,
    /// What the C tool does for the same result.
    pub theirs: Vec<Step>,
    /// Rules that are in the table before.
    pub table: Option<PathBuf>,
    /// How many connections are there before.
    pub connections: usize,
    /// Whether it changes the table; every run then starts from a new namespace.
    pub changes: bool,
    /// Whether the kernel samples counters (`run_estimation`).
    pub estimation: bool,
    /// The median of this many runs counts, after one to warm up; of one alone, that one.
    pub runs: usize,
}

impl Work {
    /// The same command for both, in an empty table.
    pub fn new(name: String, goal: &'static str, step: Step) -> Self {
        Self {
            name,
            goal,
            ours: vec![step.clone()],
            theirs: vec![step],
            table: None,
            connections: 0,
            changes: false,
            estimation: true,
            runs: 5,
        }
    }

    /// The same with these rules in the table before.
    pub fn on(self, table: &Path) -> Self {
        Self { table: Some(table.to_path_buf()), ..self }
    }

    /// The same as something that changes the table.
    pub fn changing(self) -> Self {
        Self { changes: true, ..self }
    }

    /// The same in a namespace where the kernel samples no counters.
    pub fn without_estimation(&self) -> Self {
        let name = format!("{}, `run_estimation` off", self.name);
        Self { name, estimation: false, ..self.clone() }
    }

    /// The C tool's time, and those of our two builds.
    pub fn measure(&self, programs: &Programs) -> Result<[Duration; 3]> {
        Ok([
            self.time(&self.theirs, &programs.c, programs)?,
            self.time(&self.ours, &programs.dynamic, programs)?,
            self.time(&self.ours, &programs.ours, programs)?,
        ])
    }

    fn time(&self, steps: &[Step], program: &Program, programs: &Programs) -> Result<Duration> {
        let prepare = || prepare(self.table.as_deref(), self.connections, &programs.ours);
        let time = || steps.iter().map(|step| step.time(program)).sum();
        // The first run warms the caches.
        let warm_up = usize::from(self.runs > 1);
        let runs = 0..warm_up + self.runs;
        let mut times = if self.changes {
            let run = |_| fresh(self.estimation, || prepare().and_then(|()| time()));
            runs.map(run).collect::<Result<Vec<_>>>()?
        } else {
            fresh(self.estimation, || {
                prepare()?;
                runs.map(|_| time()).collect()
            })?
        };
        let mut times = times.split_off(warm_up);
        times.sort();
        Ok(times[times.len() / 2])
    }
}

/// Fills the table and makes connections, and lets the kernel finish what it does later.
pub fn prepare(table: Option<&Path>, connections: usize, ours: &Program) -> Result<()> {
    if let Some(table) = table {
        ours.time(&["-R"], Some(table))?;
    }
    crate::connections::make(connections)?;
    thread::sleep(REST);
    Ok(())
}

/// What the kernel does in the background after a change, above all the removal of the namespace
/// that the run before used, would count for the next one. While everything rests, guest time jumps.
const REST: Duration = Duration::from_secs(3);

/// Does `work` in a thread with a new network namespace and everything it needs in memory: the
/// guest's own root is a directory of the host, and each look at it takes a while.
pub fn fresh<T: Send>(estimation: bool, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let inside = || {
        netns::unshare()?;
        let _surroundings = Ctx::new()?;
        fs::write("/proc/sys/net/ipv4/vs/run_estimation", if estimation { "1" } else { "0" })?;
        crate::connections::route()?;
        netns::change_root(Path::new(ROOT))?;
        work()
    };
    thread::scope(|scope| {
        scope.spawn(inside).join().unwrap_or_else(|_| Err(Failure::new("a run panicked")))
    })
}
