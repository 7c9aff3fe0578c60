//! What was inferred together with what was declared of types, down to fields inside of structs and lists.

use std::collections::{BTreeMap, HashMap};

use super::Inference;
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result, near_names};

impl Inference {
    /// The columns of a new dataset, and for each whether its type is declared: declared types win over inferred ones. A
    /// declared field of a struct makes its whole column declared.
    ///
    /// # Errors
    /// `Invalid` for a column or field that the input does not have, with near names.
    pub(crate) fn declared_with(&self, types: &BTreeMap<String, ColumnType>) -> Result<(Vec<Column>, Vec<bool>)> {
        let mut columns: Vec<Column> = self
            .columns
            .iter()
            .map(|column| Column { name: column.name.clone(), column_type: column.column_type, fields: column.fields.clone() })
            .collect();
        let mut declared = vec![false; columns.len()];
        // There may be as many types as columns. Of columns of one name the first counts.
        let places: HashMap<&str, usize> = self.columns.iter().enumerate().rev().map(|(place, column)| (column.name.as_str(), place)).collect();
        for (name, column_type) in types {
            let whole = places.get(name.as_str()).copied();
            // The longest column name that the path begins with.
            let inside = || {
                (0..columns.len())
                    .filter(|index| columns.get(*index).is_some_and(|column| name.strip_prefix(&column.name).is_some_and(|rest| rest.starts_with('.'))))
                    .max_by_key(|index| columns.get(*index).map(|column| column.name.len()))
            };
            let place = whole.or_else(inside);
            let found = place.and_then(|place| {
                let column = columns.get_mut(place)?;
                let way = name.get(column.name.len()..)?;
                field_at(column, way.strip_prefix('.'))
            });
            let Some(column) = found else {
                let near = near_names(name, self.columns.iter().map(|column| column.name.as_str()));
                return Err(Error::invalid(format!("a type is declared for column {name:?}, which the file does not have{near}")).at(format!("types.{name}")));
            };
            if column_type.is_nested() && column.column_type != *column_type {
                let found = column.to_string();
                return Err(Error::invalid(format!("column {name:?} is declared as {column_type}, but the file has {found}; its fields are not known")).at(format!("types.{name}")));
            }
            if !column_type.is_nested() {
                *column = Column::new(&column.name, *column_type);
            }
            if let Some(slot) = place.and_then(|place| declared.get_mut(place)) {
                *slot = true;
            }
        }
        Ok((columns, declared))
    }
}

/// The field of a column at the end of a way like `geo.zip`; lists are looked into.
fn field_at<'a>(column: &'a mut Column, way: Option<&str>) -> Option<&'a mut Column> {
    let Some(way) = way else { return Some(column) };
    if column.column_type == ColumnType::List {
        return field_at(column.fields.first_mut()?, Some(way));
    }
    let field = column
        .fields
        .iter_mut()
        .filter(|field| way == field.name || way.strip_prefix(&field.name).is_some_and(|rest| rest.starts_with('.')))
        .max_by_key(|field| field.name.len())?;
    let rest = way.get(field.name.len()..)?.strip_prefix('.').map(str::to_owned);
    field_at(field, rest.as_deref())
}

#[cfg(test)]
mod tests {
    use crate::catalog::ColumnType;
    use crate::ingest::decode::testing::{load, refused};

    #[test]
    fn fields_are_declared_by_their_way() {
        let text = "{\"user\":{\"zip\":1234,\"tags\":[1]},\"user.zip\":5}\n{\"user\":{\"zip\":99,\"tags\":[2]}}\n";
        let loaded = load("t.json", text, &[("user.tags", ColumnType::String)]).unwrap();
        assert_eq!(loaded.types(), "user:struct(zip integer, tags string) user.zip:integer");
        assert_eq!(loaded.rows()[0], "{\"zip\":1234,\"tags\":\"[1]\"}|5");
        // A column of that very name comes first.
        assert_eq!(load("t.json", text, &[("user.zip", ColumnType::Float)]).unwrap().types(), "user:struct(zip integer, tags list(integer)) user.zip:float");
        assert_eq!(load("t.json", text, &[("user", ColumnType::String)]).unwrap().rows()[1], "{\"zip\":99,\"tags\":[2]}|~");
        assert_eq!(load("t.json", text, &[("user", ColumnType::Struct)]).unwrap().rows().len(), 2);
        assert!(refused("t.json", text, &[("user.city", ColumnType::String)]).starts_with("a type is declared for column \"user.city\", which the file does not have"));
        assert_eq!(refused("t.json", text, &[("user.zip", ColumnType::List)]), "column \"user.zip\" is declared as list, but the file has integer; its fields are not known");
    }
}
