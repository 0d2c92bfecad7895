// SPDX-License-Identifier: MIT OR Apache-2.0
//! Completions of the package in real shells: `cargo xtask dist test`.

use super::package;
use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::root::Root;
use crate::terminal::Terminal;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("completion::bash", bash).timeout(900),
    Case::new("completion::zsh", zsh).timeout(900),
    Case::new("completion::fish", fish).timeout(900),
];

fn installed(ctx: &Ctx) -> Result<Root, Failure> {
    let root = package::root(ctx)?;
    root.run("dpkg -i /packages/ours.deb")?;
    Ok(root)
}

/// Has a person with the Tab key make a service, and looks whether the kernel has it.
fn tabs(root: &Root, terminal: &mut Terminal) -> Result<(), Failure> {
    terminal.line("ipvsadm --add-servi\t-t 192.0.2.1:80 --schedu\tmh --sched-f\tmh-p\t")?;
    assert_eq!(root.run("ipvsadm -Sn")?, "-A -t 192.0.2.1:80 -s mh -b mh-port\n");
    terminal.line("ipvsadm-save --fu\t>/tmp/saved")?;
    assert_eq!(root.run("cat /tmp/saved")?, root.run("ipvsadm -S --full")?);
    words(root, terminal)
}

/// The same with words, their words and their options.
fn words(root: &Root, terminal: &mut Terminal) -> Result<(), Failure> {
    terminal.line("ipvsadm sysc\tge\t--js\t--rel\t>/tmp/related")?;
    assert_eq!(root.run("cat /tmp/related")?, root.run("ipvsadm sysctl get --related --json")?);
    terminal.line("ipvsadm pro\tconn\t--b\tdes\t--stri\t--js\t>/tmp/dests")?;
    assert_eq!(root.run("cat /tmp/dests")?, "{\n  \"dests\": [],\n  \"schema\": 1\n}\n");
    terminal.line("ipvs-syncd mon\t--fai\t--rea\t/nowhere 2>/tmp/told")?;
    let told = root.run("cat /tmp/told")?;
    assert!(told.starts_with("ipvs-syncd: /nowhere: No such file"), "{told}");
    Ok(())
}

fn bash(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = installed(ctx)?;
    let mut terminal = Terminal::open(&root, "bash --norc")?;
    terminal.line("source /usr/share/bash-completion/bash_completion")?;
    tabs(&root, &mut terminal)?;
    // The names of interfaces are those of the moment.
    ctx.run("ip link add sync0 type dummy && ip link set sync0 up")?;
    terminal.line("ipvsadm --start-daemon mas\t--mcast-interface sync\t --syncid 3")?;
    let daemons = root.run("ipvsadm -L --daemon")?;
    assert!(daemons.starts_with("master sync daemon (mcast=sync0, syncid=3"), "{daemons}");
    Ok(())
}

fn zsh(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = installed(ctx)?;
    let mut terminal = Terminal::open(&root, "zsh -f")?;
    // Of more than a thousand functions those that every completion needs: emulated, zsh takes
    // minutes to read all.
    let functions = "/usr/share/zsh/functions/Completion";
    let ours = "/usr/share/zsh/vendor-completions";
    terminal.line(&format!("fpath=({ours} {functions} {functions}/Base)"))?;
    terminal.line("autoload -U compinit; compinit -u -D")?;
    tabs(&root, &mut terminal)
}

fn fish(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = installed(ctx)?;
    let complete = |line: &str| root.run(&format!("fish -c \"complete -C '{line}'\""));
    assert_eq!(
        complete("ipvsadm --sched")?,
        "--scheduler\tscheduler, for example rr, wlc (default), sh, mh\n\
        --sched-flags\tscheduler flags, separated by commas\n"
    );
    assert_eq!(
        complete("ipvsadm -A -t 192.0.2.1:80 -s mh --sched-flags mh-f")?,
        "mh-fallback\tmh: next server where one is unavailable\n"
    );
    assert_eq!(
        complete("ipvsadm-restore --a")?,
        "--atomic\t-R: make the state equal to the rules, all or nothing\n"
    );
    // A second letter before; the generator's own function would give up there.
    assert_eq!(complete("ipvsadm -l --nos")?, "--nosort\tin the kernel's order\n");
    for (line, expected) in [
        ("ipvsadm sysc", "sysctl\tShow, set, compare, save and load the settings of IPVS\n"),
        (
            "ipvsadm proc conn",
            "conns\tShow connections and templates, or how many there are of each kind\n",
        ),
        ("ipvsadm proc conns --by d", "dest\tDestination\n"),
        ("ipvsadm proc --stri", "--strict\tExit status 1 if lines were left out\n"),
        (
            "ipvs-syncd monitor --kn",
            "--known-sender\tWho may send; raise an alarm for all others (may be repeated)\n",
        ),
    ] {
        assert_eq!(complete(line)?, expected, "{line}");
    }
    Ok(())
}
