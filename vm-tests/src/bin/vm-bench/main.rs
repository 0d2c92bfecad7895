// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our `ipvsadm` against the C tool, inside a virtual machine: whole processes, side by side.
//!
//! `cargo xtask bench` runs it with QEMU's `-icount`: guest time then counts executed instructions,
//! one nanosecond each, and repeats within some per cent whatever else the host does. Only the
//! ratios mean anything. Words choose the lines that contain one of them.

mod connections;
mod program;
mod rules;
mod work;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use vm_tests::{Failure, command};

use crate::program::Programs;
use crate::rules::{Size, file, rules};
use crate::work::{Step, Work, fresh, prepare};

type Result<T> = std::result::Result<T, Failure>;

/// The root directory of what is measured, in memory.
const ROOT: &str = "/run/bench";
/// What dynamic programs take from the system.
const SYSTEM: [&str; 3] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libgcc_s.so.1",
];
const CONNECTIONS: [usize; 3] = [1000, 10_000, 100_000];

fn size(services: usize, dests: usize) -> Size {
    Size { services, dests, v6: false }
}

/// Single commands: little else than start and end.
fn single_commands() -> Result<Vec<Work>> {
    let table = file("single.rules", "-A -t 10.1.0.1:80 -s wlc\n")?;
    let work = |name: &str, words: &[&'static str]| {
        Work::new(name.to_owned(), "2.5 (3)", Step::new(words, None))
    };
    let dest = ["-a", "-t", "10.1.0.1:80", "-r", "10.2.0.1:80", "-m"];
    Ok(vec![
        work("`--version`", &["--version"]),
        work("`-Ln`, empty table", &["-Ln"]),
        work("`-A` one service", &["-A", "-t", "10.1.0.1:80"]).changing(),
        work("`-a` one destination", &dest).on(&table).changing(),
    ])
}

/// Restores into an empty table, and listings.
fn tables() -> Result<Vec<Work>> {
    let mut works = Vec::new();
    let large = size(1000, 10);
    for size in [size(1, 1000), size(100, 10), large, Size { v6: true, ..large }] {
        let goals = if size.services == 1000 { ("12 (14)", "2.9 (5)") } else { ("", "") };
        let table = file(&format!("{size}.rules"), &rules(size, "-m"))?;
        let restore = Step::new(&["-R"], Some(&table));
        let restore = Work::new(format!("restore (`-R`) {size}"), goals.0, restore).changing();
        works.push(Work { runs: if size.services == 1000 { 3 } else { 5 }, ..restore });
        let list = |words: &[&'static str]| {
            let name = format!("`{}` {size}", words.join(" "));
            Work::new(name, goals.1, Step::new(words, None)).on(&table)
        };
        works.push(list(&["-Ln"]));
        if size.services == 1000 {
            works.extend([list(&["-Ln", "--stats"]), list(&["-Ln", "--rate"]), list(&["-Sn"])]);
        }
    }
    let tunnels = file("tunnels.rules", &rules(large, "-i"))?;
    let tunnelled = |words: &[&'static str]| {
        let name = format!("`{}` {large}, tunnels", words.join(" "));
        Work::new(name, "2.9 (5)", Step::new(words, None)).on(&tunnels)
    };
    works.extend([tunnelled(&["-Ln"]), tunnelled(&["-Sn"])]);
    // The first service of a namespace starts a thread that calibrates itself while we restore.
    let restore = works.iter().find(|work| work.goal.starts_with("12"));
    let quiet = restore.map(Work::without_estimation);
    works.extend(quiet);
    Ok(works)
}

/// Restores over a table that is there: the C tool removes it and makes the new one.
fn replacements() -> Result<Vec<Work>> {
    let mut works = Vec::new();
    for (size, runs, goal) in [(size(1000, 10), 3, ""), (size(5000, 10), 1, "50")] {
        let text = rules(size, "-m");
        let table = file(&format!("{size}.rules"), &text)?;
        let heavier = text.replacen("-w 1\n", "-w 77\n", 1);
        let changed = file(&format!("{size}, changed.rules"), &heavier)?;
        let cases = [("equal table", goal, &table), ("one change", "", &changed)];
        // One change is to a large table what it is to a small one, and the C tool takes its time.
        let cases = &cases[..if runs > 1 { 2 } else { 1 }];
        for &(what, goal, input) in cases {
            let name = format!("`-R --atomic` over {size}: {what}");
            works.push(Work {
                theirs: vec![Step::new(&["-C"], None), Step::new(&["-R"], Some(input))],
                runs,
                ..Work::new(name, goal, Step::new(&["-R", "--atomic"], Some(input)))
                    .on(&table)
                    .changing()
            });
        }
    }
    Ok(works)
}

fn connection_lists(table: &Path) -> Vec<Work> {
    let work = |count| Work {
        table: Some(table.to_owned()),
        connections: count,
        runs: 3,
        ..Work::new(format!("`-Lnc`, {count} connections"), "3.5 (3.8)", Step::new(&["-Lnc"], None))
    };
    CONNECTIONS.map(work).into()
}

fn prepare_root(share: &Path) -> Result<()> {
    let run = |line: String| command::run(&line, &[], command::TIMEOUT)?.success().map(drop);
    run(format!("mkdir -p {ROOT} && mount -t tmpfs bench {ROOT} && mkdir {ROOT}/c {ROOT}/proc"))?;
    run(format!("mount -t proc proc {ROOT}/proc"))?;
    let share = share.display();
    run(format!("cp -L {share}/bin/ipvsadm {ROOT}/ours && cp {share}/c/* {ROOT}/c/"))?;
    run(format!("cp -L {share}/bin/ipvsadm-static {ROOT}/static && : >{ROOT}/empty"))?;
    SYSTEM.iter().try_for_each(|path| run(format!("cd / && cp -L --parents {path} {ROOT}")))
}

fn measure_all(chosen: impl Fn(&str) -> bool, out: &mut impl Write) -> Result<()> {
    let share = std::env::var_os("IPVS_VM")
        .ok_or_else(|| Failure::new("this runs in a virtual machine only: cargo xtask bench"))?;
    prepare_root(Path::new(&share))?;
    let programs = Programs::new();
    let busy = file("connections.rules", connections::RULES)?;
    let mut works = single_commands()?;
    works.extend(tables()?);
    works.extend(replacements()?);
    works.extend(connection_lists(&busy));
    writeln!(
        out,
        "| work | C, µs | ours, µs | C ÷ ours | goal (stretch) | C ÷ ours, glibc build |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for work in works.iter().filter(|work| chosen(&work.name)) {
        let [theirs, dynamic, ours] = work.measure(&programs)?.map(|time| time.as_secs_f64() * 1e6);
        let (name, goal, ratio, other) = (&work.name, work.goal, theirs / ours, theirs / dynamic);
        writeln!(out, "| {name} | {theirs:.0} | {ours:.0} | {ratio:.1} | {goal} | {other:.1} |")?;
        out.flush()?;
    }
    writeln!(out, "\n| peak memory | C, KiB | ours, KiB | C ÷ ours |\n|---|---|---|---|")?;
    for count in CONNECTIONS {
        let name = format!("`-Lnc`, {count} connections");
        if !chosen(&name) {
            continue;
        }
        let measured = fresh(true, || {
            prepare(Some(&busy), count, &programs.ours)?;
            Ok([programs.c.memory(&["-Lnc"])?, programs.ours.memory(&["-Lnc"])?])
        })?;
        let [(theirs, c_lines), (ours, our_lines)] = measured;
        // A title and a heading.
        if [c_lines, our_lines] != [count + 2; 2] {
            return Err(Failure::new(format!("{name}: {c_lines} and {our_lines} lines")));
        }
        let ratio = theirs as f64 / ours as f64;
        writeln!(out, "| {name} | {theirs} | {ours} | {ratio:.1} |")?;
        out.flush()?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    match measure_all(chosen, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("vm-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
