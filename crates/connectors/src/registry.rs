//! Which kinds of connectors there are, in words for people and programs. A new connector is a folder and a line here.

use serde::Serialize;

/// How data comes from a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Whole files, when somebody asks.
    Files,
    /// Rows, as they happen.
    Stream,
}

/// A setting of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it means, with unit and range.
    pub description: &'static str,
    /// Whether it must be given.
    pub required: bool,
}

/// A kind of connector. What is configured from it is a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Connector {
    /// Stable name.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it brings.
    pub description: &'static str,
    /// How it brings it.
    pub delivery: Delivery,
    /// What it must be told.
    pub settings: &'static [Setting],
}

/// Every connector, by name.
pub const CONNECTORS: [Connector; 2] = [
    Connector {
        name: "files",
        label: "Folder of files",
        description: "CSV, TSV, JSON and Parquet files of a folder, compressed or not; one dataset each.",
        delivery: Delivery::Files,
        settings: &[Setting { name: "folder", description: "The folder; folders inside it are not read.", required: true }],
    },
    Connector {
        name: "orders",
        label: "Order stream",
        description: "Orders of an imaginary shop, endless and repeatable; for demonstrations and load tests.",
        delivery: Delivery::Stream,
        settings: &[
            Setting { name: "seed", description: "Another seed is another shop.", required: false },
            Setting { name: "orders_per_day", description: "Average of a week, 1 to 50,000,000.", required: false },
            Setting { name: "batch_rows", description: "Rows of one batch at most, 100 to 1,000,000.", required: false },
        ],
    },
];

/// The connector of that name, or none.
pub fn get(name: &str) -> Option<&'static Connector> {
    CONNECTORS.iter().find(|connector| connector.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found() {
        assert!(CONNECTORS.is_sorted_by_key(|connector| connector.name));
        assert_eq!(get("orders").unwrap().delivery, Delivery::Stream);
        assert!(get("order").is_none());
    }
}
