// SPDX-License-Identifier: MIT OR Apache-2.0
//! Giving up what is not needed once the sockets are open.
//!
//! To be done before there is a second thread: capabilities belong to threads.

use std::io;

use nix::unistd::{Uid, User, setgroups, setresgid, setresuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_keep_capabilities, set_no_new_privs,
};

/// The user that root stays.
const ROOT: &str = "root";

/// Why privileges can't be given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrivilegeError {
    /// There is no such user.
    #[error(
        "process.user: there is no user `{0}`; see `getent passwd`, or say `root` to stay root"
    )]
    NoUser(String),
    /// The system refuses a step.
    #[error("can't become `{user}`: {doing}: {source}; start as root, or name no other user")]
    Refused { user: String, doing: &'static str, source: io::Error },
    /// The system took the step and did nothing.
    #[error("can't become `{0}`: capabilities were not given up")]
    Kept(String),
}

/// Looks whether there is such a user, if root is to become one.
pub(super) fn check(user: &str) -> Result<(), PrivilegeError> {
    if changes(user) { find(user).map(drop) } else { Ok(()) }
}

fn changes(user: &str) -> bool {
    Uid::effective().is_root() && user != ROOT
}

fn find(user: &str) -> Result<User, PrivilegeError> {
    match User::from_name(user) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(PrivilegeError::NoUser(user.to_owned())),
        Err(error) => {
            let doing = "looking for it";
            Err(PrivilegeError::Refused { user: user.to_owned(), doing, source: error.into() })
        }
    }
}

/// Becomes `user`, if this is root, and gives up all capabilities but `keep`, whoever this is. Gains
/// none.
pub(super) fn give_up(user: &str, keep: CapabilitySet) -> Result<(), PrivilegeError> {
    let refused = |doing: &'static str| {
        move |error: io::Error| PrivilegeError::Refused {
            user: user.to_owned(),
            doing,
            source: error,
        }
    };
    let had = capabilities(None).map_err(|error| refused("capget")(error.into()))?;
    let keep = keep & had.permitted;
    if had.effective.contains(CapabilitySet::SETPCAP) {
        for capability in (CapabilitySet::all() - keep).iter() {
            match remove_capability_from_bounding_set(capability) {
                // One that this kernel doesn't know.
                Ok(()) | Err(rustix::io::Errno::INVAL) => {}
                Err(error) => return Err(refused("PR_CAPBSET_DROP")(error.into())),
            }
        }
    }
    if changes(user) {
        let User { uid, gid, .. } = find(user)?;
        set_keep_capabilities(true).map_err(|error| refused("PR_SET_KEEPCAPS")(error.into()))?;
        setgroups(&[]).map_err(|error| refused("setgroups")(error.into()))?;
        setresgid(gid, gid, gid).map_err(|error| refused("setresgid")(error.into()))?;
        setresuid(uid, uid, uid).map_err(|error| refused("setresuid")(error.into()))?;
    }
    clear_ambient_capability_set().map_err(|error| refused("PR_CAP_AMBIENT")(error.into()))?;
    let sets =
        CapabilitySets { effective: keep, permitted: keep, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).map_err(|error| refused("capset")(error.into()))?;
    set_no_new_privs(true).map_err(|error| refused("PR_SET_NO_NEW_PRIVS")(error.into()))?;
    match capabilities(None) {
        Ok(left) if left == sets => Ok(()),
        _ => Err(PrivilegeError::Kept(user.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a thread has once it gave up what it doesn't keep; other threads stay as they are.
    fn left(keep: CapabilitySet) -> CapabilitySets {
        let thread = std::thread::spawn(move || {
            give_up(ROOT, keep).expect("given up");
            // Nothing comes back.
            let had = CapabilitySets {
                effective: CapabilitySet::CHOWN,
                permitted: CapabilitySet::CHOWN,
                inheritable: CapabilitySet::empty(),
            };
            set_capabilities(None, had).expect_err("gone");
            capabilities(None).expect("readable")
        });
        thread.join().expect("it ends")
    }

    #[test]
    fn what_is_kept_is_what_was_there() {
        let had = capabilities(None).expect("readable").permitted;
        if !had.contains(CapabilitySet::NET_ADMIN) {
            eprintln!("only in part: the rest needs CAP_NET_ADMIN");
        }
        for keep in [CapabilitySet::empty(), CapabilitySet::NET_ADMIN] {
            let left = left(keep);
            assert_eq!((left.effective, left.permitted), (keep & had, keep & had));
            assert_eq!(left.inheritable, CapabilitySet::empty());
        }
        assert_eq!(capabilities(None).expect("readable").permitted, had);
    }

    #[test]
    fn a_user_that_is_not_there_is_named() {
        let told = find("no-such-user-here").map(|user| user.name).expect_err("none").to_string();
        assert!(told.contains("`no-such-user-here`") && told.contains("getent passwd"), "{told}");
    }
}
