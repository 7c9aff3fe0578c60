//! What access policies come to for a user. Several that apply are put together value by value: a value is seen when one of
//! them lets its row be seen and its column too. So a policy never shows a column of rows that only another one shows.

use std::collections::{BTreeMap, BTreeSet};

use arrow::compute::can_cast_types;
use arrow::datatypes::DataType;
use chrono::DateTime;
use chrono_tz::Tz;
use datafusion::common::DFSchema;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr, ExprSchemable, lit, when};
use datafusion::prelude::cast;
use datafusion::scalar::ScalarValue;
use serde_json::Value;

use super::business::BusinessDays;
use super::check::follow;
use super::date::Reference;
use super::filter;
use super::member::{Columns, find_dimension, model_of};
use super::model::Model;
use super::policy::AccessPolicy;
use super::query::{Condition, Filter};
use super::reach::{Reach, prefixes};
use super::relative::Written;
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::query::access::Granted;
use crate::scope::UserAttributes;

/// Policies of a model at most.
const POLICIES_MAX: usize = 100;
/// Longest name of an attribute, in bytes.
const ATTRIBUTE_MAX_BYTES: usize = 64;
/// What stands before the name of an attribute in a value.
const USER: &str = "user.";
/// How deep conditions on rows may nest.
const DEPTH_MAX: usize = 16;

/// What one policy lets be seen.
struct Grant<'a> {
    policy: &'a AccessPolicy,
    rows: Rows,
}

enum Rows {
    All,
    Some(Expr),
    None(String),
}

/// Where the conditions of policies find what they name: in the model, or where its joins lead to.
struct Members<'a> {
    model: &'a Model,
    columns: Columns<'a>,
    reach: Option<&'a Reach<'a>>,
}

impl<'a> Members<'a> {
    /// What joins lead to, where a member is not the model's own.
    fn reached(&self, member: &str) -> Option<&'a Reach<'a>> {
        self.reach.filter(|_| model_of(member).is_ok_and(|model| model != self.model.name))
    }

    fn find(&self, member: &str) -> Result<(Expr, ColumnType)> {
        match self.reached(member) {
            Some(reach) => reach.dimension(self.model, &self.columns, member),
            None => {
                let dimension = find_dimension(self.model, member)?;
                Ok((self.columns.dimension(dimension)?, dimension.column_type))
            }
        }
    }

    fn type_of(&self, member: &str) -> Result<ColumnType> {
        match self.reached(member) {
            Some(_) => self.find(member).map(|(_, column_type)| column_type),
            None => find_dimension(self.model, member).map(|dimension| dimension.column_type),
        }
    }

    /// A condition. Where joins lead to no row, none on what they lead to holds, also one that asks for what is missing.
    fn condition(&self, condition: &Condition, reference: &Reference) -> Result<Expr> {
        let built = filter::one(condition, self.find(&condition.member)?, reference)?;
        match self.reached(&condition.member).filter(|_| filter::keeps_missing(condition)) {
            Some(reach) => Ok(reach.partner(self.model, &self.columns, &condition.member)?.is_not_null().and(built)),
            None => Ok(built),
        }
    }
}

/// Whether a policy is for a user.
fn applies(policy: &AccessPolicy, user: &UserAttributes) -> bool {
    let holds = |attribute: &str, values: &[String]| user.values(attribute).any(|value| values.iter().any(|asked| asked == value));
    policy.when.iter().all(|condition| holds(&condition.attribute, &condition.values))
}

/// The members that the conditions of a policy name.
fn members(policy: &AccessPolicy) -> impl Iterator<Item = &str> {
    policy.rows.iter().flat_map(Filter::members)
}

/// The members that policies of a model reach over joins.
pub(crate) fn joined_members(model: &Model) -> BTreeSet<&str> {
    model.access_policies.iter().flat_map(members).filter(|member| model_of(member).is_ok_and(|prefix| prefix != model.name)).collect()
}

/// What the policies of a model call what they reach over joins.
pub(crate) fn reached(model: &Model) -> BTreeSet<String> {
    prefixes(&model.name, joined_members(model))
}

/// The same of those that are for a user.
pub(crate) fn reached_for(model: &Model, user: &UserAttributes) -> BTreeSet<String> {
    prefixes(&model.name, model.access_policies.iter().filter(|policy| applies(policy, user)).flat_map(members))
}

/// What a user sees of a dataset by the policies of its model. A policy that does not fit the dataset shows nothing.
/// `schema`: all columns of the dataset; `reach`: what joins lead to, where policies need it.
pub(crate) fn grant(model: &Model, user: &UserAttributes, state: &SessionState, schema: &DFSchema, reach: Option<&Reach<'_>>) -> Granted {
    let mut model = model.clone();
    follow(&mut model, state, schema);
    let columns = Columns { state, schema };
    let within = Members { model: &model, columns, reach };
    let applying = model.access_policies.iter().filter(|policy| applies(policy, user));
    let grants: Vec<Grant<'_>> = applying.map(|policy| Grant { policy, rows: rows(&within, policy, user) }).collect();
    let (rows, no_rows) = match (grants.is_empty(), union(&grants)) {
        (true, _) => (Some(lit(false)), Some(format!("no access policy of {} is for you", model.label))),
        (false, Ok(rows)) => (rows, None),
        (false, Err(reasons)) => (Some(lit(false)), Some(reasons)),
    };
    let (mut hidden, mut masked) = (BTreeSet::new(), BTreeMap::new());
    for field in schema.fields() {
        match shown(&grants, field.name(), field.data_type(), &columns) {
            Shown::Plain => {}
            Shown::Not => drop(hidden.insert(field.name().clone())),
            Shown::As(expr) => drop(masked.insert(field.name().clone(), *expr)),
        }
    }
    let policies = grants.iter().map(|grant| grant.policy.name.clone()).collect();
    Granted { policies, rows, no_rows, hidden, masked, ..Granted::default() }
}

/// The rows that some grant shows; `Err`: why none does.
fn union(grants: &[Grant<'_>]) -> std::result::Result<Option<Expr>, String> {
    let mut seen: Option<Expr> = None;
    let mut reasons = BTreeSet::new();
    for grant in grants {
        match &grant.rows {
            Rows::All => return Ok(None),
            Rows::Some(rows) => seen = Some(seen.map_or_else(|| rows.clone(), |seen| seen.or(rows.clone()))),
            Rows::None(reason) => drop(reasons.insert(reason.as_str())),
        }
    }
    seen.map(Some).ok_or_else(|| reasons.into_iter().collect::<Vec<_>>().join("; "))
}

/// How a column is shown.
enum Shown {
    Plain,
    Not,
    As(Box<Expr>),
}

fn shown(grants: &[Grant<'_>], name: &str, data_type: &DataType, columns: &Columns<'_>) -> Shown {
    let hides = |grant: &Grant<'_>| grant.policy.hides(name);
    if !grants.is_empty() && grants.iter().all(hides) {
        return Shown::Not;
    }
    let mask = |grant: &Grant<'_>| grant.policy.masked.iter().find(|masked| masked.column == name).map(|masked| masked.expression.clone());
    let nothing = || lit(ScalarValue::try_from(data_type).unwrap_or(ScalarValue::Null));
    // Where it is seen, first; what stands in its place, after that.
    let (mut cases, mut otherwise): (Vec<(Expr, Expr)>, Option<Expr>) = (Vec::new(), None);
    let column = || columns.column(name).unwrap_or_else(|_| nothing());
    let mut plain = true;
    let by_mask = |masked: bool| grants.iter().filter(move |grant| !hides(grant) && mask(grant).is_some() == masked);
    for grant in by_mask(false) {
        match &grant.rows {
            Rows::All => return Shown::Plain,
            Rows::Some(rows) => cases.push((rows.clone(), column())),
            Rows::None(_) => {}
        }
    }
    plain &= grants.iter().all(|grant| matches!(grant.rows, Rows::None(_)) || (!hides(grant) && mask(grant).is_none()));
    if plain {
        return Shown::Plain;
    }
    for grant in by_mask(true) {
        let Some(expression) = mask(grant).flatten() else { continue };
        // One that does not fit any more shows nothing.
        let Ok(expr) = columns.expression(&expression) else { continue };
        let expr = cast(expr, data_type.clone());
        match &grant.rows {
            Rows::All => otherwise = otherwise.or(Some(expr)),
            Rows::Some(rows) => cases.push((rows.clone(), expr)),
            Rows::None(_) => {}
        }
    }
    let otherwise = otherwise.unwrap_or_else(nothing);
    let mut cases = cases.into_iter();
    let Some((condition, value)) = cases.next() else { return Shown::As(Box::new(otherwise)) };
    let mut built = when(condition, value);
    for (condition, value) in cases {
        built = built.when(condition, value);
    }
    Shown::As(Box::new(built.otherwise(otherwise).unwrap_or_else(|_| nothing())))
}

/// The rows that a policy shows to a user.
fn rows(within: &Members<'_>, policy: &AccessPolicy, user: &UserAttributes) -> Rows {
    if policy.rows.is_empty() {
        return Rows::All;
    }
    let mut missing = BTreeSet::new();
    let filters = policy.rows.iter().map(|filter| {
        replaced(filter, &mut |_, attribute| {
            let values: Vec<Value> = user.values(attribute).map(|value| Value::String(value.to_owned())).collect();
            if values.is_empty() {
                missing.insert(attribute.to_owned());
            }
            values
        })
    });
    let filters = filters.collect::<Result<Vec<Filter>>>();
    if !missing.is_empty() {
        let names = missing.into_iter().collect::<Vec<_>>();
        return Rows::None(format!("your attribute {} is not set", names.join(", ")));
    }
    match filters.and_then(|filters| predicate(within, &filters)) {
        Ok(rows) => Rows::Some(rows),
        Err(error) => {
            // One that looks up is looked at with each question, and what is wrong there is logged where it is met.
            if within.reach.is_none() {
                tracing::warn!(model = within.model.name, policy = policy.name, %error, "an access policy does not fit and shows nothing");
            }
            Rows::None(format!("access policy {} does not fit: {}", policy.name, error.message()))
        }
    }
}

fn predicate(within: &Members<'_>, filters: &[Filter]) -> Result<Expr> {
    // Dates of a policy are absolute, so it does not matter when it is asked.
    let reference = Reference { now: DateTime::UNIX_EPOCH, latest: None, calendar: Tz::UTC.into(), business: BusinessDays::default() };
    let mut rows: Option<Expr> = None;
    for filter in filters {
        let is_time = |member: &str| within.type_of(member).is_ok_and(|column_type| matches!(column_type, ColumnType::Date | ColumnType::Timestamp));
        let moves = |text: &str| Written::of_value(text).is_none_or(Written::is_relative);
        if filter::any_text(filter, &|condition, text| is_time(&condition.member) && moves(text)) {
            return Err(Error::invalid("its dates must be absolute: what somebody may see does not change by the clock"));
        }
        if filter::on_business_days(filter) {
            return Err(Error::invalid("it must not ask for business days: what somebody may see does not change with a calendar"));
        }
        let built = filter::build_each(filter, DEPTH_MAX, &mut |condition| within.condition(condition, &reference))?;
        rows = Some(rows.map_or_else(|| built.clone(), |rows| rows.and(built.clone())));
    }
    rows.ok_or_else(|| Error::invalid("it has no conditions"))
}

/// A filter with what stands for attributes replaced by their values; `values` is given the member and the attribute.
///
/// # Errors
/// `Invalid` for a value of which it is not clear whether it stands for an attribute.
fn replaced(filter: &Filter, values: &mut dyn FnMut(&str, &str) -> Vec<Value>) -> Result<Filter> {
    let mut each = |parts: &[Filter]| parts.iter().map(|part| replaced(part, values)).collect::<Result<Vec<Filter>>>();
    Ok(match filter {
        Filter::And { and } => Filter::And { and: each(and)? },
        Filter::Or { or } => Filter::Or { or: each(or)? },
        Filter::Condition(condition) => {
            let mut replaced = Vec::new();
            for value in &condition.values {
                match value.as_str().map(said).transpose().map_err(|error| error.context(format!("the condition on {}", condition.member)))? {
                    Some(Said::Attribute(attribute)) => replaced.extend(values(&condition.member, attribute)),
                    Some(Said::Text(text)) => replaced.push(Value::String(text)),
                    None => replaced.push(value.clone()),
                }
            }
            Filter::Condition(Condition { values: replaced, ..condition.clone() })
        }
    })
}

/// What a value of a policy says.
#[derive(Debug, PartialEq)]
enum Said<'v> {
    /// All values of an attribute of the user.
    Attribute(&'v str),
    Text(String),
}

/// Reads a value. What was meant for an attribute and is written otherwise would be a text that no row has: `notEquals` would show all
/// of them. So a brace of a text is written twice, and one that begins a word with `user.` is taken for neither.
///
/// # Errors
/// `Invalid` with what to write.
fn said(value: &str) -> Result<Said<'_>> {
    if let Some(attribute) = attribute_of(value) {
        return Ok(Said::Attribute(attribute));
    }
    let (mut text, mut escaped, mut signs) = (String::with_capacity(value.len()), false, value.chars().peekable());
    while let Some(sign) = signs.next() {
        if matches!(sign, '{' | '}') {
            if signs.next_if_eq(&sign).is_none() {
                return Err(unclear(value));
            }
            escaped = true;
        }
        text.push(sign);
    }
    // Whoever writes braces twice knows what they say otherwise.
    if !escaped && names_user(value) {
        return Err(unclear(value));
    }
    Ok(Said::Text(text))
}

/// The attribute that a value stands for.
fn attribute_of(value: &str) -> Option<&str> {
    let inside = value.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    inside.strip_prefix(USER).map(str::trim).filter(|name| !name.contains(['{', '}']))
}

/// Whether a word of a text begins with `user.`, in small or large letters.
fn names_user(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(USER).any(|(place, _)| !lower.get(..place).is_some_and(|before| before.ends_with(char::is_alphanumeric)))
}

fn unclear(value: &str) -> Error {
    let lower = value.to_ascii_lowercase();
    let name = lower.split_once(USER).map_or(lower.as_str(), |(_, name)| name).trim_start_matches(|sign: char| !is_of_attribute(sign));
    let name: String = name.chars().take_while(|sign| is_of_attribute(*sign)).collect();
    let name = if name.is_empty() { "country" } else { &name };
    Error::invalid(format!(
        "the value {value:?} is neither an attribute of the user nor a text: write {{user.{name}}} alone for all values of the attribute {name}; in a text, write each brace twice"
    ))
}

fn is_of_attribute(sign: char) -> bool {
    sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_'
}

/// Checks the policies of a model, as far as they name its own dimensions. `schema`: all columns of its dataset.
///
/// # Errors
/// `Invalid` with the path of the policy at fault.
pub(crate) fn check(model: &Model, state: &SessionState, schema: &DFSchema) -> Result<()> {
    let within = Members { model, columns: Columns { state, schema }, reach: None };
    if model.access_policies.len() > POLICIES_MAX {
        return Err(Error::exhausted(format!("a model has at most {POLICIES_MAX} access policies")).at("access_policies"));
    }
    for (index, policy) in model.access_policies.iter().enumerate() {
        let at = |error: Error| at(error, policy, index);
        if policy.name.is_empty() || policy.name.len() > 255 {
            return Err(at(Error::invalid("its name must have 1 to 255 bytes")));
        }
        if model.access_policies.iter().take(index).any(|before| before.name == policy.name) {
            return Err(at(Error::invalid("its name stands twice")));
        }
        check_policy(&within, policy).map_err(at)?;
    }
    Ok(())
}

/// Checks the rows of the policies that reach something over joins.
///
/// # Errors
/// `Invalid` with the path of the policy at fault: where no way or several lead, or lead to many rows, or to no dimension.
pub(crate) fn check_reached(model: &Model, state: &SessionState, schema: &DFSchema, reach: &Reach<'_>) -> Result<()> {
    let within = Members { model, columns: Columns { state, schema }, reach: Some(reach) };
    for (index, policy) in model.access_policies.iter().enumerate().filter(|(_, policy)| reaches(model, policy)) {
        check_rows(&within, policy).map_err(|error| at(error, policy, index))?;
    }
    Ok(())
}

/// An error of a policy, which says which it is.
fn at(error: Error, policy: &AccessPolicy, index: usize) -> Error {
    error.context(format!("access policy {}", policy.name)).at(format!("access_policies[{index}]"))
}

fn reaches(model: &Model, policy: &AccessPolicy) -> bool {
    !prefixes(&model.name, members(policy)).is_empty()
}

fn check_rows(within: &Members<'_>, policy: &AccessPolicy) -> Result<()> {
    let mut wrong = None;
    let sampled = policy.rows.iter().map(|filter| {
        replaced(filter, &mut |member, attribute| {
            wrong = wrong.take().or(check_attribute(attribute).err());
            vec![sample(within.type_of(member).unwrap_or(ColumnType::String))]
        })
    });
    let sampled = sampled.collect::<Result<Vec<Filter>>>()?;
    if let Some(error) = wrong {
        return Err(error);
    }
    // What is reached over joins is looked at with the models that these lead to.
    if !sampled.is_empty() && (within.reach.is_some() || !reaches(within.model, policy)) {
        predicate(within, &sampled)?;
    }
    Ok(())
}

fn check_policy(within: &Members<'_>, policy: &AccessPolicy) -> Result<()> {
    let columns = within.columns;
    for condition in &policy.when {
        check_attribute(&condition.attribute)?;
        if condition.values.is_empty() {
            return Err(Error::invalid(format!("attribute {} needs at least one value that it may have", condition.attribute)));
        }
    }
    check_rows(within, policy)?;
    for name in policy.columns.iter().flatten().chain(&policy.hidden).chain(policy.masked.iter().map(|masked| &masked.column)) {
        if !columns.schema.fields().iter().any(|field| field.name() == name) {
            let near = near_names(name, columns.schema.fields().iter().map(|field| field.name().as_str()));
            return Err(Error::invalid(format!("unknown column {name:?}{near}")));
        }
    }
    if let Some(name) = policy.columns.iter().flatten().find(|name| policy.hidden.contains(name)) {
        return Err(Error::invalid(format!("column {name} is hidden and among the columns that are there; take it out of one of both")));
    }
    if columns.schema.fields().iter().all(|field| policy.hides(field.name())) {
        return Err(Error::invalid("it hides every column; give it no rows instead"));
    }
    for masked in &policy.masked {
        if policy.hidden.contains(&masked.column) {
            return Err(Error::invalid(format!("column {} is hidden and masked; one is enough", masked.column)));
        }
        let Some(expression) = &masked.expression else { continue };
        let expr = columns.expression(expression)?;
        let (found, wanted) = (expr.get_type(columns.schema)?, columns.column(&masked.column)?.get_type(columns.schema)?);
        if !can_cast_types(&found, &wanted) {
            return Err(Error::invalid(format!("column {} is a {wanted}, and its mask gives a {found}", masked.column)));
        }
    }
    Ok(())
}

fn check_attribute(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > ATTRIBUTE_MAX_BYTES || !name.chars().all(is_of_attribute) {
        return Err(Error::invalid(format!("attribute {name:?} is not valid: use 1 to {ATTRIBUTE_MAX_BYTES} of a-z, 0-9 and _")));
    }
    Ok(())
}

/// A value that an attribute could have where a dimension of this type is compared with it.
fn sample(column_type: ColumnType) -> Value {
    Value::String(match column_type {
        ColumnType::Integer | ColumnType::Float => "0".to_owned(),
        ColumnType::Boolean => "true".to_owned(),
        ColumnType::Date | ColumnType::Timestamp => "2000-01-01".to_owned(),
        _ => "a".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use serde_json::json;

    use super::*;
    use crate::catalog::{Column, DatasetSchema};
    use crate::query::session::Session;
    use crate::semantic::generate;
    use crate::settings::Settings;

    #[test]
    fn a_policy_that_was_stored_with_such_a_value_shows_no_rows() {
        let session = Session::new(&Settings::default(), Arc::new(InMemory::new()), false).unwrap();
        let schema = DatasetSchema::new(vec![Column::new("country", ColumnType::String)], None).unwrap();
        let fields = DFSchema::try_from_qualified_schema("orders", &schema.arrow()).unwrap();
        for (value, seen) in [("{User.country}", false), ("{country}", false), ("{{country}}", true), ("DE", true)] {
            let rows = json!([{"member": "orders.country", "operator": "notEquals", "values": [value]}]);
            let policies = serde_json::from_value(json!([{"name": "others", "rows": rows}])).unwrap();
            let model = Model { access_policies: policies, ..generate::generate("orders", "Orders", &schema, &HashMap::new()) };
            let granted = grant(&model, &UserAttributes::default(), session.shared(), &fields, None);
            assert_eq!((granted.rows == Some(lit(false)), granted.no_rows.is_none()), (!seen, seen), "{value}: {granted:?}");
        }
    }

    #[test]
    fn attributes_are_told_from_texts() {
        for (value, attribute) in [("{user.country}", "country"), (" { user.country } ", "country"), ("{user.country }", "country"), ("{user.Country}", "Country")] {
            assert_eq!(said(value).unwrap(), Said::Attribute(attribute), "{value}");
        }
        for (value, text) in [
            ("DE", "DE"),
            ("", ""),
            ("superuser.net", "superuser.net"),
            ("the user", "the user"),
            ("{{user.country}}", "{user.country}"),
            ("a {{b}} c", "a {b} c"),
            ("}}", "}"),
            ("{{{{", "{{"),
        ] {
            assert_eq!(said(value).unwrap(), Said::Text(text.to_owned()), "{value}");
        }
    }

    #[test]
    fn what_is_nearly_an_attribute_is_refused_with_how_it_is_written() {
        for (value, meant) in [
            ("user.country", "{user.country}"),
            ("User.country", "{user.country}"),
            ("{User.country}", "{user.country}"),
            ("{USER.COUNTRY}", "{user.country}"),
            ("{country}", "{user.country}"),
            ("{ country }", "{user.country}"),
            ("x{user.country}", "{user.country}"),
            ("{user.country}x", "{user.country}"),
            ("{user.country},{user.team}", "{user.country}"),
            ("{user .country}", "{user.user}"),
            ("{user.country", "{user.country}"),
            ("user.country}", "{user.country}"),
            ("{{user.country}", "{user.country}"),
            ("a user.country", "{user.country}"),
            ("{", "{user.country}"),
            ("{}", "{user.country}"),
            ("{{}", "{user.country}"),
        ] {
            let error = said(value).expect_err(value);
            assert!(error.message().contains(&format!("write {meant} alone")), "{value}: {error}");
        }
    }
}
