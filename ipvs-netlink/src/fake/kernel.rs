// SPDX-License-Identifier: MIT OR Apache-2.0
//! The handle on the kernel in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipvs_types::{EngineName, InterfaceName, Method, Scheduler};

use super::connections::Connections;
use super::fault::{Fault, Schedule};
use super::host::{Host, Interface, Release};
use super::listeners::Listeners;
use super::state::State;
#[cfg(doc)]
use crate::Error;
use crate::ext::{Announced, Connection, Features};
use crate::{Operation, Outcome, Refusal, Ruleset};

/// A kernel in memory with one network namespace. A [`Backend`](crate::Backend); clones are further
/// sockets into the same namespace.
///
/// At first it has the interfaces `lo` and `eth0` (MTU 65536 and 1500, both up), the schedulers of
/// its [`Release`], the persistence engine `sip` and 250 ticks a second.
#[derive(Debug, Clone)]
pub struct Kernel {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub state: State,
    pub schedule: Schedule,
    pub genid: u32,
    pub listeners: Listeners,
    pub connections: Connections,
    pub announced: Option<Announced>,
    pub add_on: bool,
    pub unloaded: bool,
}

impl Kernel {
    /// A freshly booted kernel.
    pub fn new(release: Release) -> Self {
        let state = State::new(Host::new(release));
        let shared = Shared {
            state,
            schedule: Schedule::default(),
            genid: 1,
            listeners: Listeners::default(),
            connections: Connections::default(),
            announced: None,
            add_on: false,
            unloaded: false,
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// A freshly booted kernel that holds `rules` already.
    ///
    /// # Errors
    /// The first refusal, when this kernel does not accept them.
    pub fn with_rules(release: Release, rules: &Ruleset) -> Result<Self, Box<Refusal>> {
        let kernel = Self::new(release);
        for operation in kernel.ruleset().diff(rules).operations() {
            kernel.change(operation)?;
        }
        Ok(kernel)
    }

    /// Makes it a patched kernel with the family `ipvs_ext` and these commands, or a stock one again.
    pub fn set_features(&self, features: Option<Features>) {
        self.lock().announced = features.map(Announced::new);
    }

    /// Lets a patched kernel announce this number for FULLNAT, or none.
    pub fn set_fullnat(&self, method: Option<Method>) {
        if let Some(announced) = &mut self.lock().announced {
            announced.fullnat = method;
        }
    }

    /// Loads the add-on module with the family `ipvs_connctl`, or unloads it.
    pub fn set_add_on(&self, loaded: bool) {
        self.lock().add_on = loaded;
    }

    /// Unloads `ip_vs`, for good: whatever a client asks from now on gets [`Error::ModuleUnloaded`], also
    /// as if it had been loaded anew. Listeners are told nothing.
    pub fn unload(&self) {
        self.lock().unloaded = true;
    }

    /// Sets the number of the configuration.
    pub fn set_genid(&self, genid: u32) {
        self.lock().genid = genid;
    }

    /// How many events wait for a listener before further ones are lost; at first any number.
    pub fn set_event_queue(&self, room: usize) {
        self.lock().listeners.room = Some(room);
    }

    /// Adds a connection, whether or not such a service exists.
    pub fn add_connection(&self, connection: Connection) {
        self.lock().connections.0.push(connection);
    }

    /// The connections that there are, in the order in which they were added.
    pub fn connections(&self) -> Vec<Connection> {
        self.lock().connections.0.clone()
    }

    /// Adds a network interface, or changes the one of that name.
    pub fn set_interface(&self, name: InterfaceName, interface: Interface) {
        self.lock().state.host.interfaces.insert(name, interface);
    }

    /// Removes a network interface; daemons on it go on.
    pub fn remove_interface(&self, name: InterfaceName) {
        self.lock().state.host.interfaces.remove(&name);
    }

    /// Makes a scheduler available, or not; services that use it keep it.
    pub fn set_scheduler(&self, scheduler: Scheduler, available: bool) {
        let schedulers = &mut self.lock().state.host.schedulers;
        if available {
            schedulers.insert(scheduler)
        } else {
            schedulers.remove(&scheduler)
        };
    }

    /// Makes a persistence engine available, or not; services that use it keep it.
    pub fn set_engine(&self, engine: EngineName, available: bool) {
        let engines = &mut self.lock().state.host.engines;
        if available {
            engines.insert(engine)
        } else {
            engines.remove(&engine)
        };
    }

    /// The kernel's ticks a second: a timeout is at most `INT_MAX` of them.
    pub fn set_ticks_per_second(&self, ticks: std::num::NonZeroU32) {
        self.lock().state.host.hz = ticks.get();
    }

    /// Whether an upper threshold above `INT_MAX` is refused, which changed with patch levels.
    pub fn set_threshold_limit(&self, limited: bool) {
        self.lock().state.host.threshold_limit = limited;
    }

    /// What the kernel holds, whatever is wrong with conversations.
    pub fn ruleset(&self) -> Ruleset {
        self.lock().state.ruleset()
    }

    /// Changes something as if somebody else did: it does not count for [`inject`](Self::inject).
    ///
    /// # Errors
    /// The refusal.
    pub fn change(&self, operation: Operation) -> Outcome {
        let result = self.lock().execute(&operation);
        result.map_err(|errno| Box::new(Refusal::new(operation, errno)))
    }

    /// Lets the `nth` operation from now (0 is the next) go wrong.
    pub fn inject(&self, nth: usize, fault: Fault) {
        self.lock().schedule.inject(nth, fault);
    }

    /// Lets somebody else carry out `change` just before the `nth` operation from now.
    pub fn change_before_operation(&self, nth: usize, change: Operation) {
        self.lock().schedule.before_operation(nth, change);
    }

    /// Lets somebody else carry out `change` just before the `nth` listing from now: of services
    /// or of the destinations of one service. Reading a whole table takes one listing and one more
    /// a service; a snapshot is one listing, which the change interrupts.
    pub fn change_before_listing(&self, nth: usize, change: Operation) {
        self.lock().schedule.before_listing(nth, change);
    }

    /// Forgets everything that was scheduled, and makes conversations work again after
    /// [`Fault::Die`].
    pub fn clear_faults(&self) {
        self.lock().schedule.clear();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
