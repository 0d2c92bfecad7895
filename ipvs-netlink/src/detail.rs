// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a listing must show: less can be read from cheaper sources.

/// What a listing shows beyond keys, order, configuration and connection numbers, which it always
/// shows.
///
/// ```
/// use ipvs_netlink::Detail;
/// let saved = Detail::PLAIN.with_tunnels();
/// assert!(saved.tunnels && !saved.counters);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Detail {
    /// Type, port and flags of tunnels. Without it any tunnel may be there as
    /// [`Tunnel::Ipip`](ipvs_types::Tunnel::Ipip): such a listing is to be shown, not to be made
    /// rules of. (Options that the kernel keeps with a destination that is not tunnelled mean nothing;
    /// only [`FULL`](Self::FULL) has them for sure.)
    pub tunnels: bool,
    /// Counters in full. Without it they may be the lower 32 bits, marked with
    /// [`CounterWidth::Bits32`](ipvs_types::CounterWidth::Bits32).
    pub counters: bool,
    /// Rates in full. Without it as with counters.
    pub rates: bool,
}

impl Detail {
    /// Nothing beyond what is always shown.
    pub const PLAIN: Self = Self { tunnels: false, counters: false, rates: false };
    /// Everything that the kernel tells.
    pub const FULL: Self = Self { tunnels: true, counters: true, rates: true };

    /// The same with tunnel options.
    #[must_use]
    pub const fn with_tunnels(self) -> Self {
        Self { tunnels: true, ..self }
    }

    /// The same with counters in full.
    #[must_use]
    pub const fn with_counters(self) -> Self {
        Self { counters: true, ..self }
    }

    /// The same with rates in full.
    #[must_use]
    pub const fn with_rates(self) -> Self {
        Self { rates: true, ..self }
    }

    /// The same without what is counted: what two reads are compared in.
    pub(crate) const fn rules(self) -> Self {
        Self { counters: false, rates: false, ..self }
    }
}
