//! SQL: read, looked through, planned over two tables without rows, held against the gate and optimised.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::empty::EmptyTable;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use object_store::memory::InMemory;

use super::settled;
use crate::error::{Error, ErrorKind, Result};
use crate::query::gate;
use crate::query::session::Session;
use crate::semantic::in_sql::{calls, columns};
use crate::settings::{Limits, Settings};

/// The planner recurses.
const STACK_BYTES: usize = 32 << 20;

/// A statement.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn sql(bytes: &[u8]) -> std::result::Result<(), String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    match gate::parse(text, &Limits::default()) {
        Ok(mut statement) if matches!(&statement, Statement::Statement(inner) if matches!(**inner, SqlStatement::Query(_))) => {
            // What models say is looked for in it before it is planned.
            let widened = BTreeMap::from([("t".to_owned(), vec!["a".to_owned()])]);
            let read = calls::queries_of(&statement).and_then(|queries| {
                calls::number(&mut statement, &queries)?;
                columns::write_stars_out(&mut statement, &widened, &queries)
            });
            settled(read)?;
            plan(text)
        }
        Ok(_) => Err("something that is no query passes".to_owned()),
        Err(error) if error.kind() == ErrorKind::Internal => Err(super::said(&error)),
        Err(error) if error.field().is_none() => Err(format!("an error without a field: {error}")),
        Err(_) => Ok(()),
    }
}

/// What the planner refuses is its matter; nothing may go down, or take the memory of a process, before the gate has had its say.
fn plan(text: &str) -> std::result::Result<(), String> {
    std::thread::scope(|scope| {
        let planning = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || planned(text).map_err(|error| error.to_string()));
        match planning.map_err(|error| error.to_string())?.join() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error),
            Err(_) => Err("planning went down".to_owned()),
        }
    })
}

fn planned(text: &str) -> Result<()> {
    static SESSION: LazyLock<Result<Session>> = LazyLock::new(|| Session::new(&Settings::default(), Arc::new(InMemory::new()), false));
    let state = SESSION.as_ref().map_err(|error| Error::internal(error.to_string()))?.state();
    let tables = MemorySchemaProvider::new();
    let columns = [("a", DataType::Int64), ("n", DataType::Int64), ("city", DataType::Utf8View), ("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))];
    let schema = Arc::new(Schema::new(columns.map(|(name, column_type)| Field::new(name, column_type, true)).to_vec()));
    for name in ["t", "orders"] {
        tables.register_table(name.to_owned(), Arc::new(EmptyTable::new(Arc::clone(&schema))))?;
    }
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema("public", Arc::new(tables))?;
    state.catalog_list().register_catalog("tidemill".to_owned(), Arc::new(catalog));
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| Error::internal(error.to_string()))?;
    let statement = gate::parse(text, &Limits::default())?;
    let Ok(logical) = runtime.block_on(state.statement_to_plan(statement)) else { return Ok(()) };
    if gate::check_plan(&logical).is_ok() {
        drop(state.optimize(&logical));
    }
    Ok(())
}
