// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands of the family.

use crate::wire::number::command as number;

/// What a message asks for, or answers (`IPVS_CMD_*` in `linux/ip_vs.h`).
///
/// An answer has the command that would *make* what it describes: `GET_SERVICE` is answered with
/// [`NewService`](Self::NewService), `GET_CONFIG` with [`SetConfig`](Self::SetConfig).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Command {
    /// `IPVS_CMD_NEW_SERVICE`: create a service (`ipvsadm -A`); describes one in answers.
    NewService,
    /// `IPVS_CMD_SET_SERVICE`: replace a service's configuration (`ipvsadm -E`).
    SetService,
    /// `IPVS_CMD_DEL_SERVICE`: remove a service (`ipvsadm -D`).
    DelService,
    /// `IPVS_CMD_GET_SERVICE`: one service, or as a dump all (`ipvsadm -L`).
    GetService,
    /// `IPVS_CMD_NEW_DEST`: add a destination (`ipvsadm -a`); describes one in answers.
    NewDest,
    /// `IPVS_CMD_SET_DEST`: replace a destination's configuration (`ipvsadm -e`).
    SetDest,
    /// `IPVS_CMD_DEL_DEST`: remove a destination (`ipvsadm -d`).
    DelDest,
    /// `IPVS_CMD_GET_DEST`: the destinations of a service; only as a dump (`ipvsadm -L`).
    GetDest,
    /// `IPVS_CMD_NEW_DAEMON`: start a sync daemon (`ipvsadm --start-daemon`); describes one in
    /// answers.
    NewDaemon,
    /// `IPVS_CMD_DEL_DAEMON`: stop a sync daemon (`ipvsadm --stop-daemon`).
    DelDaemon,
    /// `IPVS_CMD_GET_DAEMON`: the sync daemons; only as a dump (`ipvsadm -L --daemon`).
    GetDaemon,
    /// `IPVS_CMD_SET_CONFIG`: change timeouts (`ipvsadm --set`); tells them in answers.
    SetConfig,
    /// `IPVS_CMD_GET_CONFIG`: the timeouts (`ipvsadm -L --timeout`).
    GetConfig,
    /// `IPVS_CMD_SET_INFO`: only in answers to [`GetInfo`](Self::GetInfo).
    SetInfo,
    /// `IPVS_CMD_GET_INFO`: version and table size (`ipvsadm -v`).
    GetInfo,
    /// `IPVS_CMD_ZERO`: reset the counters of a service or all (`ipvsadm -Z`).
    Zero,
    /// `IPVS_CMD_FLUSH`: remove all services (`ipvsadm -C`).
    Flush,
    /// A command that a newer kernel may know. Made by [`From<u8>`] only for numbers without a name
    /// here.
    Other(u8),
}

const NAMED: [(u8, Command); 17] = [
    (number::NEW_SERVICE, Command::NewService),
    (number::SET_SERVICE, Command::SetService),
    (number::DEL_SERVICE, Command::DelService),
    (number::GET_SERVICE, Command::GetService),
    (number::NEW_DEST, Command::NewDest),
    (number::SET_DEST, Command::SetDest),
    (number::DEL_DEST, Command::DelDest),
    (number::GET_DEST, Command::GetDest),
    (number::NEW_DAEMON, Command::NewDaemon),
    (number::DEL_DAEMON, Command::DelDaemon),
    (number::GET_DAEMON, Command::GetDaemon),
    (number::SET_CONFIG, Command::SetConfig),
    (number::GET_CONFIG, Command::GetConfig),
    (number::SET_INFO, Command::SetInfo),
    (number::GET_INFO, Command::GetInfo),
    (number::ZERO, Command::Zero),
    (number::FLUSH, Command::Flush),
];

impl From<u8> for Command {
    fn from(number: u8) -> Self {
        let named = NAMED.iter().find(|(n, _)| *n == number);
        named.map_or(Self::Other(number), |(_, command)| *command)
    }
}

impl From<Command> for u8 {
    fn from(command: Command) -> Self {
        if let Command::Other(number) = command {
            return number;
        }
        let named = NAMED.iter().find(|(_, c)| *c == command);
        named.map_or(0, |(number, _)| *number)
    }
}
