// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn`: single connections ended, moved and freed, and nothing else.

mod asker;
mod daemons;
mod many;
mod matrix;
mod persistent;
mod traffic;

use crate::case::{Case, Failure};
use crate::modules::{self, Shared};

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("sync::surgery_works_for_every_protocol_method_and_family", matrix::run).timeout(900),
    Case::new("sync::a_tcp_transfer_is_cut_and_another_goes_on", traffic::tcp_ipv4),
    Case::new("sync::a_tcp_transfer_over_ipv6_is_cut_and_another_goes_on", traffic::tcp_ipv6),
    Case::new("sync::a_udp_client_is_steered_within_two_seconds", traffic::udp_ipv4),
    Case::new("sync::a_udp_client_over_ipv6_is_steered_within_two_seconds", traffic::udp_ipv6),
    Case::new("sync::an_sctp_association_is_cut_and_another_goes_on", traffic::sctp),
    Case::new("sync::packets_that_never_pause_save_no_connection", traffic::without_pause),
    Case::new("sync::what_conntrack_knows_is_cut_and_steered", traffic::with_conntrack),
    Case::new("sync::what_a_firewall_mark_chooses_is_cut_and_steered", traffic::marked),
    Case::new("sync::thousands_are_deleted_at_once", many::run),
    Case::new("sync::what_is_routed_directly_is_cut_and_steered", traffic::direct),
    Case::new("sync::what_goes_through_tunnels_is_cut_and_steered", traffic::tunnelled),
    Case::new("sync::a_persistent_client_is_freed", persistent::resting),
    Case::new("sync::a_persistent_client_that_talks_on_is_freed", persistent::talking),
    Case::new("sync::clients_that_an_engine_knows_are_freed", persistent::engine),
    Case::new("sync::surgery_beside_a_master_and_backup_stays_on_the_host", daemons::real_pair),
    Case::new("sync::surgery_is_refused_where_it_is_unsafe", daemons::refusals),
];

/// With the module that deletes connections, `ipvsadm` would not do it by messages.
fn by_messages() -> Result<Shared, Failure> {
    modules::without("ip_vs_connctl")
}
