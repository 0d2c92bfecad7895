// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of sync messages.
//!
//! One message is one UDP datagram: a header, then entries, one for each connection. Numbers are in
//! network order but where said. There are two versions (`net.ipv4.vs.sync_version`), and 1 is the
//! default.
//!
//! # Version 1
//!
//! ```text
//!         0               1               2               3
//!         +---------------+---------------+---------------+---------------+
//! header  | 0             | sync id       | size of all, in bytes         |  0
//!         +---------------+---------------+---------------+---------------+
//!         | entries       | version 1     | 0                             |  4
//!         +---------------+---------------+---------------+---------------+
//!
//!         +---------------+---------------+-------+-----------------------+
//! entry   | type          | protocol      | 0     | size, 12 bits         |  0
//!         +---------------+---------------+-------+-----------------------+
//!         | flags, and the method in the low 3 bits                       |  4
//!         +-------------------------------+-------------------------------+
//!         | state                         | client port                   |  8
//!         +-------------------------------+-------------------------------+
//!         | virtual port                  | destination port              | 12
//!         +-------------------------------+-------------------------------+
//!         | firewall mark                                                 | 16
//!         +---------------------------------------------------------------+
//!         | timeout, seconds                                              | 20
//!         +---------------------------------------------------------------+
//!         | client, virtual, destination address: 4 or 16 bytes each      | 24
//!         +---------------------------------------------------------------+
//!         | options                                                       | 36 or 72
//!         +---------------------------------------------------------------+
//!
//!         +---------------+---------------+---------------------
//! option  | type          | length of data| data, 1 to 255 bytes
//!         +---------------+---------------+---------------------
//! ```
//!
//! * The type of an entry is 0 for IPv4 and 1 for IPv6. The size covers the options but no padding.
//! * An entry starts at a multiple of 4 bytes from the start of the one before. The zeros are written
//!   *before* an entry, so the last one has none after it and the size in the header is exact.
//! * Options follow each other without padding and fill the entry. The master writes them by rising
//!   type, first sequence numbers, then the engine's data, then its name; a backup takes any order.
//!
//! | option | data |
//! |---|---|
//! | 1 | 24 bytes: for the client's direction, then the server's: initial number, delta, previous delta |
//! | 2 | data of the persistence engine, 1 to 255 bytes |
//! | 3 | name of the persistence engine, 1 to 16 bytes without NUL |
//!
//! Bit 0x40 in an option's type lets a receiver pass over it if it doesn't know the type; without the
//! bit it skips the entry. Known types are known with and without the bit.
//!
//! # Version 0
//!
//! ```text
//!         0               1               2               3
//!         +---------------+---------------+---------------+---------------+
//! header  | entries       | sync id       | size of all, in bytes         |  0
//!         +---------------+---------------+---------------+---------------+
//!
//!         +---------------+---------------+---------------+---------------+
//! entry   | ignored       | protocol      | client port                   |  0
//!         +---------------+---------------+---------------+---------------+
//!         | virtual port                  | destination port              |  4
//!         +-------------------------------+-------------------------------+
//!         | client, virtual, destination address: 4 bytes each            |  8
//!         +-------------------------------+-------------------------------+
//!         | flags, low 16 bits            | state                         | 20
//!         +-------------------------------+-------------------------------+
//!         | if flags & 0x600: sequence numbers, 24 bytes as in option 1,  | 24
//!         | but in the byte order of the sender                           |
//!         +---------------------------------------------------------------+
//! ```
//!
//! IPv4 only, without timeout, mark and persistence engine.
//!
//! # Telling them apart
//!
//! A message is of version 1 iff bytes 0, 6 and 7 are 0 and byte 5 is 1; a kernel takes all others for
//! version 0. Byte 0 makes the reverse harmless: to a receiver of version 0 only, a message of version 1
//! has no entries.
//!
//! # Traps
//!
//! * The number of entries has 8 bits and the master doesn't check it: with a `sync_maxlen` above 9188
//!   (version 1) or 6124 (version 0) more than 255 fit, the number wraps, and backups take only so many.
//!   [`Entries::leftover`] shows it.
//! * A backup reads at most its own `sync_maxlen` bytes, so that longer datagrams fail the comparison
//!   with the size in their header.

mod datagram;
mod entry;
mod fault;
mod header;
mod options;
mod v0;
mod v1;

pub use datagram::{Datagram, Entries};
pub use entry::Entry;
pub use fault::{DatagramFault, Fault, FaultKind};
pub use header::{Header, Version};
pub use options::{Meaning, Options, RawOption};

pub(crate) use header::{V0_HEADER, V1_HEADER, write as write_header};
pub(crate) use v0::write as write_v0;
pub(crate) use v1::write as write_v1;
