//! Names in the SQL of a cube: `{CUBE}.column`, `{member}`, `{other.member}`.

use std::collections::BTreeMap;

use datafusion::sql::sqlparser::ast::{Expr, Ident};

use super::super::sql::{self, Over, Reason};

/// Dimensions that stand for each other at most.
const DEPTH_MAX: usize = 12;

/// The names of one cube.
#[derive(Debug, Default)]
pub(super) struct Names {
    cube: String,
    /// SQL of the dimensions, as it was written, or why there is none.
    dimensions: BTreeMap<String, Result<String, Reason>>,
    measures: Vec<String>,
    /// Dimensions that have been read.
    read: BTreeMap<String, Result<Expr, Reason>>,
}

impl Names {
    pub(super) fn new(cube: &str, dimensions: BTreeMap<String, Result<String, Reason>>, measures: Vec<String>) -> Self {
        Self { cube: cube.to_owned(), dimensions, measures, read: BTreeMap::new() }
    }

    /// SQL over the rows of the cube.
    pub(super) fn row(&mut self, text: &str) -> Result<Expr, Reason> {
        // A name that stands alone needs no braces of its own.
        self.row_at(text, DEPTH_MAX).map(|expression| if let Expr::Nested(inner) = expression { *inner } else { expression })
    }

    /// SQL over rows that may hold aggregates; `read` reads it with these names.
    pub(super) fn with_rows<T>(&mut self, text: &str, read: impl FnOnce(&str, sql::Names<'_>) -> Result<T, Reason>) -> Result<T, Reason> {
        read(&marked(text)?, &mut |parts| self.row_name(parts, DEPTH_MAX))
    }

    /// What a dimension is.
    pub(super) fn dimension(&mut self, name: &str) -> Result<Expr, Reason> {
        self.dimension_at(name, DEPTH_MAX)
    }

    /// SQL over measures, and whether it divides what may be whole numbers.
    pub(super) fn formula(&self, text: &str) -> Result<(String, bool), Reason> {
        let expression = sql::portable(&marked(text)?, Over::Measures, &mut |parts| match parts {
            [one] if one.value.starts_with('{') => {
                let name = self.own(&one.value)?;
                if !self.measures.iter().any(|measure| measure == name) {
                    return Err(format!("{{{name}}} is no measure of the cube"));
                }
                Ok(Expr::Identifier(Ident::with_quote('"', format!("{{{name}}}"))))
            }
            _ => Err("it mixes columns of rows with measures".to_owned()),
        })?;
        // The parser wrote each name as it stands in quotes; those of a formula stand in braces.
        Ok((expression.to_string().replace("\"{", "{").replace("}\"", "}"), sql::divides_whole_numbers(&expression)))
    }

    /// The one measure that SQL names, when it does nothing else.
    pub(super) fn only_measure(&self, text: &str) -> Option<String> {
        match sql::parse(&marked(text).ok()?).ok()? {
            Expr::Identifier(one) => self.own(&one.value).ok().filter(|name| self.measures.iter().any(|measure| measure == name)).map(str::to_owned),
            _ => None,
        }
    }

    /// The column that a side of a join is, when it is one of this cube. `alone` says whether a name without a cube is one.
    pub(super) fn join_column(&mut self, parts: &[Ident], alone: bool) -> Option<Result<String, Reason>> {
        match parts {
            [cube, column] if self.is_cube(&cube.value, alone) => Some(Ok(column.value.clone())),
            [one] => {
                let path = one.value.strip_prefix('{')?.strip_suffix('}')?;
                let name = match path.split_once('.') {
                    Some((cube, name)) if cube == self.cube || (alone && cube == "CUBE") => name.to_owned(),
                    None if alone => path.to_owned(),
                    _ => return None,
                };
                let column = self.dimension(&name).and_then(|expression| {
                    let column = sql::as_column(&expression).map(str::to_owned);
                    column.ok_or_else(|| format!("{name} is an expression, and rows are joined by columns"))
                });
                Some(column)
            }
            _ => None,
        }
    }

    fn is_cube(&self, name: &str, itself: bool) -> bool {
        let bare = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(name);
        bare == self.cube || (itself && name == "{CUBE}")
    }

    fn row_at(&mut self, text: &str, depth: usize) -> Result<Expr, Reason> {
        sql::portable(&marked(text)?, Over::Row, &mut |parts| self.row_name(parts, depth))
    }

    fn row_name(&mut self, parts: &[Ident], depth: usize) -> Result<Expr, Reason> {
        match parts {
            [one] if one.value.starts_with('{') => {
                let name = self.own(&one.value)?.to_owned();
                let expression = self.dimension_at(&name, depth)?;
                Ok(if sql::as_column(&expression).is_some() { expression } else { Expr::Nested(Box::new(expression)) })
            }
            [one] => Ok(sql::column(&one.value)),
            [cube, column] if self.is_cube(&cube.value, true) => Ok(sql::column(&column.value)),
            _ => Err(format!("{} is of another cube or table", shown(parts))),
        }
    }

    fn dimension_at(&mut self, name: &str, depth: usize) -> Result<Expr, Reason> {
        if let Some(read) = self.read.get(name) {
            return read.clone();
        }
        let Some(depth) = depth.checked_sub(1) else { return Err(format!("{{{name}}} stands for itself, or for more than {DEPTH_MAX} others in turn")) };
        let text = match self.dimensions.get(name) {
            Some(text) => text.clone(),
            None if self.measures.iter().any(|measure| measure == name) => Err(format!("{{{name}}} is a measure, which a row does not have")),
            None => Err(format!("{{{name}}} is no member of the cube")),
        };
        let read = text.and_then(|text| self.row_at(&text, depth));
        self.read.insert(name.to_owned(), read.clone());
        read
    }

    /// The member of this cube that a name in braces stands for.
    fn own<'a>(&self, braced: &'a str) -> Result<&'a str, Reason> {
        let path = braced.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(braced);
        match path.split('.').collect::<Vec<_>>().as_slice() {
            ["CUBE"] => Err("{CUBE} stands alone".to_owned()),
            [name] if *name == self.cube => Err(format!("{{{name}}} stands alone")),
            [name] => Ok(name),
            [cube, name] if *cube == "CUBE" || *cube == self.cube => Ok(name),
            _ => Err(format!("{{{path}}} is of another cube, or a bucket of time")),
        }
    }
}

fn shown(parts: &[Ident]) -> String {
    parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
}

/// SQL in which each name in braces is a quoted identifier, so that a parser of SQL reads it.
pub(super) fn marked(text: &str) -> Result<String, Reason> {
    let mut written = String::with_capacity(text.len() + 16);
    let mut quote = None;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match (character, quote) {
            ('\'' | '"' | '`', None) => quote = Some(character),
            (_, Some(open)) if open == character => quote = None,
            ('{' | '}', Some('"' | '`')) => return Err("a brace stands in a quoted name".to_owned()),
            ('{', None) => {
                let (name, after) = rest.split_once('}').ok_or("a brace is not closed")?;
                let name = name.trim();
                let plain = |part: &str| part.starts_with(|first: char| first.is_alphabetic() || first == '_') && part.chars().all(|c| c.is_alphanumeric() || c == '_');
                if !name.split('.').all(plain) {
                    return Err(format!("{{{}}} is known only while a question is asked", sql::shortened(name)));
                }
                if name.starts_with("FILTER_PARAMS") || name.starts_with("SECURITY_CONTEXT") || name.starts_with("COMPILE_CONTEXT") || name.starts_with("SQL_UTILS") {
                    return Err(format!("{{{}}} is known only while a question is asked", sql::shortened(name)));
                }
                written.push_str(&format!("\"{{{name}}}\""));
                rest = after;
                continue;
            }
            _ => {}
        }
        written.push(character);
    }
    Ok(written)
}
