// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lists services and destinations, of this namespace or of the one named:
//! `cargo run --example list [NAME|PATH]`. With `--sockopt` through the legacy interface.

use std::process::ExitCode;

use ipvs_netlink::{Error, Ipvs};

fn list() -> Result<(), Error> {
    let mut options = Ipvs::options();
    for argument in std::env::args().skip(1) {
        options = match argument.as_str() {
            "--sockopt" => options.only_sockopt(),
            name => options.netns(name),
        };
    }
    let mut ipvs = options.open()?;
    println!("IPVS {} over {}", ipvs.info()?.version, ipvs.backend_name());
    for table in ipvs.settled_table()?.services {
        println!("{} {}", table.service.key, table.service.config.scheduler);
        for dest in table.dests {
            let (config, total) = (dest.config, dest.stats.counters.connections);
            println!("  {} weight {} connections {total}", dest.key, config.weight);
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match list() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("list: {error}");
            ExitCode::FAILURE
        }
    }
}
