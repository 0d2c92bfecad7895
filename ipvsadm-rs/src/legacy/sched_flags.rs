// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduler flags by name (`-b`).

use ipvs_netlink::types::{Scheduler, ServiceFlags};

use super::fault::Fault;

/// Name, flag, and the scheduler that the name belongs to.
const NAMES: [(&str, ServiceFlags, Option<Scheduler>); 7] = [
    ("flag-1", ServiceFlags::SCHED1, None),
    ("flag-2", ServiceFlags::SCHED2, None),
    ("flag-3", ServiceFlags::SCHED3, None),
    ("sh-fallback", ServiceFlags::SCHED1, Some(Scheduler::SH)),
    ("sh-port", ServiceFlags::SCHED2, Some(Scheduler::SH)),
    ("mh-fallback", ServiceFlags::SCHED1, Some(Scheduler::MH)),
    ("mh-port", ServiceFlags::SCHED2, Some(Scheduler::MH)),
];

/// Reads a list of flags for a service with this scheduler.
pub fn parse(list: &[u8], scheduler: Option<Scheduler>) -> Result<ServiceFlags, Fault> {
    let mut flags = ServiceFlags::empty();
    for name in list.split(|byte| *byte == b',').filter(|name| !name.is_empty()) {
        match NAMES.iter().find(|(known, ..)| known.as_bytes() == name) {
            None => return Err(Fault::quoting("invalid scheduler flag `", name, "'")),
            Some((_, _, Some(needed))) if scheduler != Some(*needed) => {
                return Err(Fault::quoting("incompatible scheduler flag `", name, "'"));
            }
            Some((_, flag, _)) => flags |= *flag,
        }
    }
    Ok(flags)
}

/// Whether a service has scheduler flags.
pub fn any(flags: ServiceFlags) -> bool {
    flags.intersects(ServiceFlags::SCHED1 | ServiceFlags::SCHED2 | ServiceFlags::SCHED3)
}

/// Writes the names of a service's flags. For `sh` and `mh`, flag 3 has none.
pub fn write(text: &mut Vec<u8>, flags: ServiceFlags, scheduler: Scheduler) {
    let own = NAMES.iter().any(|(.., of)| *of == Some(scheduler));
    let owner = own.then_some(scheduler);
    let set = NAMES.iter().filter(|(_, flag, of)| *of == owner && flags.contains(*flag));
    for (i, (name, ..)) in set.enumerate() {
        if i > 0 {
            text.push(b',');
        }
        text.extend_from_slice(name.as_bytes());
    }
}

/// Writes the names of all flags of a service, none of which depends on the scheduler.
pub fn write_all(text: &mut Vec<u8>, flags: ServiceFlags) {
    const NO_NAMES_OF_ITS_OWN: Scheduler = Scheduler::RR;
    write(text, flags, NO_NAMES_OF_ITS_OWN);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(flags: u32, scheduler: Scheduler) -> String {
        let mut text = Vec::new();
        write(&mut text, ServiceFlags::from_bits_retain(flags), scheduler);
        String::from_utf8(text).unwrap_or_default()
    }

    #[test]
    fn names_depend_on_the_scheduler() {
        assert_eq!(names(0x38, Scheduler::RR), "flag-1,flag-2,flag-3");
        assert_eq!(names(0x38, Scheduler::SH), "sh-fallback,sh-port");
        assert_eq!(names(0x10, Scheduler::MH), "mh-port");
        assert_eq!(names(0x20, Scheduler::MH), "");
    }

    #[test]
    fn lists() {
        let read = |list: &str, scheduler| match parse(list.as_bytes(), scheduler) {
            Ok(flags) => format!("{:#x}", flags.bits()),
            Err(fault) => fault.to_string(),
        };
        let sh = Some(Scheduler::SH);
        assert_eq!(read("flag-3,flag-1,flag-3", None), "0x28");
        assert_eq!(read(",sh-port,", sh), "0x10");
        assert_eq!(read(",", sh), "0x0");
        assert_eq!(read("sh-port", None), "incompatible scheduler flag `sh-port'");
        assert_eq!(read("mh-port", sh), "incompatible scheduler flag `mh-port'");
        assert_eq!(read("flag-1, flag-2", sh), "invalid scheduler flag ` flag-2'");
        assert_eq!(read("SH-PORT", sh), "invalid scheduler flag `SH-PORT'");
    }
}
