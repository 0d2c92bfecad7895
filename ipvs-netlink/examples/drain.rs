// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes a destination out of service gently: weight 0, so that it gets no new connections; those
//! that exist go on. `cargo run --example drain tcp/192.0.2.10:80 10.0.0.2:8080`.

use std::error::Error;
use std::process::ExitCode;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::{DestKey, ServiceKey};

fn drain(service: &str, dest: &str) -> Result<(), Box<dyn Error>> {
    let (service, dest): (ServiceKey, DestKey) = (service.parse()?, dest.parse()?);
    let mut ipvs = Ipvs::open()?;
    let before = ipvs.dest(service, dest)?;
    // Only the weight: forwarding method, tunnel and thresholds stay as they are.
    ipvs.edit_dest(service, dest, |config| config.weight = 0)?;
    let (weight, left) = (before.config.weight, before.active + before.inactive);
    println!("{dest} of {service}: weight {weight} -> 0, {left} connections left");
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let result = match &arguments[..] {
        [service, dest] => drain(service, dest),
        _ => Err("usage: drain SERVICE DESTINATION, for example: drain tcp/192.0.2.10:80 \
                  10.0.0.2:8080"
            .into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("drain: {error}");
            ExitCode::FAILURE
        }
    }
}
