// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm sysctl get`

use clap::Args;
use ipvs_proc::sysctl::{Description, Error, Name, Preset, Related, Sysctls, Value};
use serde_json::json;

use crate::legacy::streams::Io;
use crate::modern::{Outcome, print};
use crate::output::{Field, json, table};

/// Show settings: value, default, unit and meaning
///
/// A * marks values that a new network namespace would not have.
#[derive(Debug, Args)]
pub(super) struct Get {
    /// Which; all that this kernel has, if none is given
    #[arg(value_name = "NAME", conflicts_with = "related")]
    names: Vec<String>,
    /// Show settings of other parts of the kernel that a load balancer depends on instead
    #[arg(long)]
    related: bool,
    /// Print JSON: {"schema": 1, "sysctls": [...]}
    #[arg(long)]
    json: bool,
}

/// A line of the table.
struct Row {
    name: Name,
    value: Option<Value>,
    description: Option<&'static Description>,
}

const FIELDS: &[Field<Row>] = &[
    Field { name: "name", value: |row| json!(row.name) },
    Field { name: "value", value: |row| json!(row.value) },
    Field { name: "changed", value: |row| json!(row.changed()) },
    Field { name: "default", value: |row| json!(row.description.map(default)) },
    Field { name: "unit", value: |row| json!(row.description.and_then(|known| known.unit)) },
    Field { name: "meaning", value: |row| json!(row.description.map(|known| known.meaning)) },
];

fn default(description: &Description) -> serde_json::Value {
    match description.default {
        Preset::Fixed(text) => json!(description.kind.read(text)),
        preset => json!(preset.to_string()),
    }
}

impl Row {
    /// `None` when the default is not known.
    fn changed(&self) -> Option<bool> {
        self.description?.is_default(self.value.as_ref()?).map(|is| !is)
    }
}

impl From<Related> for Row {
    fn from(related: Related) -> Self {
        let Related { name, description, value } = related;
        Self { name, value, description: Some(description) }
    }
}

impl Get {
    pub(super) fn run(self, sysctls: &Sysctls, io: &mut Io<'_>) -> Outcome {
        let rows = match self.related {
            true => sysctls.related().into_iter().map(Row::from).collect(),
            false => self.rows(sysctls)?,
        };
        match self.json {
            true => print(io, &json::records("sysctls", &rows, FIELDS)),
            false => print(io, &table::records(&rows, FIELDS, io.columns)),
        }
    }

    fn rows(&self, sysctls: &Sysctls) -> Result<Vec<Row>, Error> {
        let row = |name: Name, value| {
            let description = name.description();
            Row { name, value: Some(value), description }
        };
        if self.names.is_empty() {
            let all = sysctls.snapshot()?;
            return Ok(all.iter().map(|(name, value)| row(name.clone(), value.clone())).collect());
        }
        let one = |name: &String| {
            let name: Name = name.parse()?;
            let value = sysctls.get(&name)?;
            Ok(row(name, value))
        };
        self.names.iter().map(one).collect()
    }
}
