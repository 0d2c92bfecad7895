// SPDX-License-Identifier: MIT OR Apache-2.0
//! What patched kernels do with connections.

use crate::Errno;
use crate::ext::{Connection, ConnectionFilter, ConnectionKey, Deleted};

/// Templates are free only when their connections are gone: connection, control connection, template.
const PASSES: usize = 3;

/// The connections, as a test made them.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(pub Vec<Connection>);

impl Connections {
    pub fn get(&self, key: ConnectionKey) -> Result<&Connection, Errno> {
        self.0.iter().find(|connection| connection.key == key).ok_or(Errno::ENOENT)
    }

    pub fn count(&self, filter: &ConnectionFilter) -> u32 {
        self.0.iter().filter(|connection| filter.matches(connection)).count() as u32
    }

    fn controls(&self, key: ConnectionKey) -> bool {
        self.0.iter().any(|connection| connection.controller == Some(key))
    }

    /// Deletes one, and what controls it unless that controls others or is an assured template.
    pub fn delete(&mut self, key: ConnectionKey) -> Result<(), Errno> {
        let connection = self.get(key)?.clone();
        self.delete_this(&connection)
    }

    /// Several templates of an engine may have one key.
    fn delete_this(&mut self, connection: &Connection) -> Result<(), Errno> {
        let Connection { key, controller, .. } = *connection;
        if self.controls(key) {
            return Err(Errno::EBUSY);
        }
        let before = self.0.len();
        self.0.retain(|one| one.key != key || one.engine != connection.engine);
        if before == self.0.len() {
            return Err(Errno::ENOENT);
        }
        if let Some(controller) = controller
            && let Ok(found) = self.get(controller)
            && !(controller.template && found.state & 1 == 1)
        {
            // Where it controls others it stays.
            let _ = self.delete(controller);
        }
        Ok(())
    }

    /// Deletes the module's way: the connection alone.
    pub fn delete_alone(&mut self, key: ConnectionKey) -> Result<(), Errno> {
        self.get(key)?;
        if self.controls(key) {
            return Err(Errno::EBUSY);
        }
        self.0.retain(|connection| connection.key != key);
        Ok(())
    }

    pub fn delete_matching(&mut self, filter: &ConnectionFilter) -> Deleted {
        let before = self.0.len();
        let mut busy = 0;
        for _ in 0..PASSES {
            let matching = self.0.iter().filter(|connection| filter.matches(connection));
            let matching: Vec<_> = matching.cloned().collect();
            // Some go with those before them.
            busy = matching.iter().filter(|one| self.delete_this(one) == Err(Errno::EBUSY)).count();
        }
        Deleted { deleted: (before - self.0.len()) as u32, busy: busy as u32 }
    }
}
