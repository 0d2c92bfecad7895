// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is seen, as an object for programs.

use std::collections::BTreeMap;

use ipvs_netlink::{Operation, Seen};
use serde_json::{Map, Value, json};

/// Its members; `means` is by what it was seen.
pub(super) fn members(seen: &Seen, means: &str) -> Map<String, Value> {
    let value = match seen {
        Seen::Snapshot { genid, rules } => {
            json!({"event": "snapshot", "means": means, "genid": genid, "ruleset": rules})
        }
        Seen::Change { genid, port, change } => {
            let mut value = json!({"event": "change", "genid": genid, "port": port});
            merge(&mut value, operation(change.operation()));
            value
        }
        Seen::Overrun(overrun) => json!({
            "event": "overrun", "after": overrun.after, "missed": overrun.missed(),
        }),
        Seen::Other { genid, command } => {
            json!({"event": "other", "genid": genid, "command": command})
        }
        // Of a newer library.
        _ => json!({"event": "other"}),
    };
    match value {
        Value::Object(members) => members.into_iter().filter(|(_, v)| !v.is_null()).collect(),
        _ => Map::new(),
    }
}

fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(members), Value::Object(more)) = (value, more) {
        members.extend(more);
    }
}

/// What was done to what, with the settings as they are now.
fn operation(operation: &Operation) -> Value {
    match operation {
        Operation::CreateService { service, config } => {
            json!({"operation": "create_service", "service": service, "config": config})
        }
        Operation::UpdateService { service, config, .. } => {
            json!({"operation": "update_service", "service": service, "config": config})
        }
        Operation::DeleteService { service } => {
            json!({"operation": "delete_service", "service": service})
        }
        Operation::CreateDest { service, dest, config } => json!({
            "operation": "create_destination", "service": service, "destination": dest,
            "config": config,
        }),
        Operation::UpdateDest { service, dest, config } => json!({
            "operation": "update_destination", "service": service, "destination": dest,
            "config": config,
        }),
        Operation::DeleteDest { service, dest } => {
            json!({"operation": "delete_destination", "service": service, "destination": dest})
        }
        Operation::StartDaemon { config } => {
            json!({"operation": "start_daemon", "role": config.role, "config": config})
        }
        Operation::StopDaemon { role } => json!({"operation": "stop_daemon", "role": role}),
        Operation::SetTimeouts { change } => {
            let all = [
                ("tcp_seconds", change.tcp),
                ("tcp_fin_seconds", change.tcp_fin),
                ("udp_seconds", change.udp),
            ];
            let given = all.into_iter().filter_map(|(name, t)| Some((name, t?.as_secs())));
            let timeouts: BTreeMap<_, _> = given.collect();
            json!({"operation": "set_timeouts", "timeouts": timeouts})
        }
        Operation::Zero { service } => json!({"operation": "zero", "service": service}),
        Operation::Flush => json!({"operation": "flush"}),
        other => json!({"operation": other.to_string()}),
    }
}
