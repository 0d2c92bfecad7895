// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our `ipvsadm` against the C tool, inside a virtual machine: whole processes, side by side.
//!
//! `cargo xtask bench` runs it with QEMU's `-icount`: guest time then counts executed instructions,
//! one nanosecond each, and repeats within some per cent whatever else the host does. Only the
//! ratios mean anything.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use vm_tests::{Ctx, Failure, command, netns};

type Result<T> = std::result::Result<T, Failure>;

/// Runs of each command; the median counts.
const RUNS: usize = 5;

/// The root directory of what is measured, in memory.
const ROOT: &str = "/run/bench";
/// What dynamic programs take from the system.
const SYSTEM: [&str; 3] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libgcc_s.so.1",
];

/// One of the two programs.
struct Program {
    path: PathBuf,
    libraries: Option<PathBuf>,
}

impl Program {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// Time from start to end; the command must succeed.
    fn time(&self, arguments: &[&str], input: Option<&Path>) -> Result<Duration> {
        let mut command = self.command(arguments);
        let stdin = File::open(input.unwrap_or(Path::new("/empty")))?;
        command.stdin(stdin).stdout(File::create("/output")?);
        let start = Instant::now();
        let status = command.status()?;
        let time = start.elapsed();
        if !status.success() {
            let what = format!("{} {arguments:?}: {status}", self.path.display());
            return Err(Failure::new(what));
        }
        Ok(time)
    }
}

/// A table of rules as `ipvsadm -S` writes it.
fn rules(services: usize, dests: usize, v6: bool) -> String {
    let address = |net: u16, host: usize| {
        let (high, low) = (host / 250, host % 250 + 1);
        if v6 {
            format!("[fd00:{net:x}::{high:x}:{low:x}]")
        } else {
            format!("10.{net}.{high}.{low}")
        }
    };
    let mut text = String::new();
    for service in 0..services {
        let virtual_service = format!("-t {}:80", address(1, service));
        text += &format!("-A {virtual_service} -s wlc\n");
        for dest in 0..dests {
            let server = address(2, service * dests % 50_000 + dest);
            text += &format!("-a {virtual_service} -r {server}:8080 -m -w {}\n", dest % 9 + 1);
        }
    }
    text
}

/// What is measured.
struct Work {
    name: String,
    goal: &'static str,
    arguments: Vec<&'static str>,
    /// Rules that are in the table before.
    table: Option<PathBuf>,
    /// Rules on standard input; every run then starts from a new namespace.
    input: Option<PathBuf>,
    /// Whether the kernel samples counters (`run_estimation`).
    estimation: bool,
}

impl Work {
    /// The same in a namespace where the kernel samples no counters.
    fn without_estimation(&self) -> Self {
        Self {
            name: format!("{}, `run_estimation` off", self.name),
            goal: self.goal,
            arguments: self.arguments.clone(),
            table: self.table.clone(),
            input: self.input.clone(),
            estimation: false,
        }
    }

    fn measure(&self, program: &Program, ours: &Program) -> Result<Duration> {
        let prepare = || match &self.table {
            Some(table) => ours.time(&["-R"], Some(table)).map(drop),
            None => Ok(()),
        };
        let time = || program.time(&self.arguments, self.input.as_deref());
        let changes = self.input.is_some() || ["-A", "-a"].contains(&self.arguments[0]);
        // The first run warms the caches.
        let mut times = if changes {
            let run = |_| fresh(self.estimation, || prepare().and_then(|()| time()));
            (0..=RUNS).map(run).collect::<Result<Vec<_>>>()?
        } else {
            fresh(self.estimation, || {
                prepare()?;
                (0..=RUNS).map(|_| time()).collect()
            })?
        };
        let mut times = times.split_off(1);
        times.sort();
        Ok(times[times.len() / 2])
    }
}

/// Does `work` in a thread with a new network namespace and everything it needs in memory: the
/// guest's own root is a directory of the host, and each look at it takes a while.
fn fresh<T: Send>(estimation: bool, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let inside = || {
        netns::unshare()?;
        let _surroundings = Ctx::new()?;
        fs::write("/proc/sys/net/ipv4/vs/run_estimation", if estimation { "1" } else { "0" })?;
        netns::change_root(Path::new(ROOT))?;
        work()
    };
    std::thread::scope(|scope| {
        scope.spawn(inside).join().unwrap_or_else(|_| Err(Failure::new("a run panicked")))
    })
}

/// Writes a file below the root; its name is that which `work` sees.
fn file(name: &str, text: &str) -> Result<PathBuf> {
    fs::write(Path::new(ROOT).join(name), text)?;
    Ok(Path::new("/").join(name))
}

fn works() -> Result<Vec<Work>> {
    let single = file("single.rules", "-A -t 10.1.0.1:80 -s wlc\n")?;
    let mut works = vec![];
    let mut single_command = |name: &str, arguments: &[&'static str], table: Option<&PathBuf>| {
        let (name, arguments) = (name.to_owned(), arguments.to_vec());
        let (goal, table) = ("2.5 (3)", table.cloned());
        works.push(Work { name, goal, arguments, table, input: None, estimation: true });
    };
    single_command("`--version`", &["--version"], None);
    single_command("`-Ln`, empty table", &["-Ln"], None);
    single_command("`-A` one service", &["-A", "-t", "10.1.0.1:80"], None);
    let dest = ["-a", "-t", "10.1.0.1:80", "-r", "10.2.0.1:80", "-m"];
    single_command("`-a` one destination", &dest, Some(&single));
    for (services, dests, v6, goal) in [
        (1, 1000, false, ""),
        (100, 10, false, ""),
        (1000, 10, false, "12 (14)"),
        (1000, 10, true, "12 (14)"),
    ] {
        let family = if v6 { "IPv6" } else { "IPv4" };
        let text = rules(services, dests, v6);
        let table = file(&format!("{services}x{dests}{family}.rules"), &text)?;
        let mut add = |what: &str, goal, arguments: &[&'static str], list: bool| {
            let name = format!("{what} {services} × {dests}, {family}");
            let (before, input) = if list { (Some(&table), None) } else { (None, Some(&table)) };
            let (table, input) = (before.cloned(), input.cloned());
            let arguments = arguments.to_vec();
            works.push(Work { name, goal, arguments, table, input, estimation: true });
        };
        add("restore (`-R`)", goal, &["-R"], false);
        let goal = if services == 1000 { "2.9 (5)" } else { "" };
        add("`-Ln`", goal, &["-Ln"], true);
        if services == 1000 && !v6 {
            add("`-Ln --stats`", goal, &["-Ln", "--stats"], true);
            add("`-Sn`", goal, &["-Sn"], true);
        }
    }
    // The first service of a namespace starts a thread that calibrates itself while we restore.
    let restores: Vec<_> = works.iter().filter(|work| work.goal.starts_with("12")).collect();
    let quiet: Vec<_> = restores.into_iter().map(Work::without_estimation).collect();
    works.extend(quiet);
    Ok(works)
}

fn prepare_root(share: &Path) -> Result<()> {
    let run = |line: String| command::run(&line, &[], command::TIMEOUT)?.success().map(drop);
    run(format!("mkdir -p {ROOT} && mount -t tmpfs bench {ROOT} && mkdir {ROOT}/c"))?;
    let share = share.display();
    run(format!("cp -L {share}/bin/ipvsadm {ROOT}/ours && cp {share}/c/* {ROOT}/c/"))?;
    run(format!("cp -L {share}/bin/ipvsadm-static {ROOT}/static && : >{ROOT}/empty"))?;
    SYSTEM.iter().try_for_each(|path| run(format!("cd / && cp -L --parents {path} {ROOT}")))
}

fn measure_all() -> Result<()> {
    let share = std::env::var_os("IPVS_VM")
        .ok_or_else(|| Failure::new("this runs in a virtual machine only: cargo xtask bench"))?;
    let share = Path::new(&share);
    prepare_root(share)?;
    let program = |path: &str| Program { path: path.into(), libraries: None };
    let (dynamic, ours) = (program("/ours"), program("/static"));
    let c = Program { libraries: Some("/c".into()), ..program("/c/ipvsadm") };
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| work | C, µs | ours, µs | C ÷ ours | goal (stretch) | C ÷ ours, glibc build |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for work in works()? {
        let micros = |program| Ok::<_, Failure>(work.measure(program, &ours)?.as_secs_f64() * 1e6);
        let (theirs, dynamic, ours) = (micros(&c)?, micros(&dynamic)?, micros(&ours)?);
        let (name, goal, ratio, other) = (&work.name, work.goal, theirs / ours, theirs / dynamic);
        writeln!(out, "| {name} | {theirs:.0} | {ours:.0} | {ratio:.1} | {goal} | {other:.1} |")?;
        out.flush()?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match measure_all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("vm-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
