//! The expressions of a SELECT over a view, said over the groups of its question: measures and buckets of time are columns there,
//! dimensions are those that are grouped by. What is found on the way is what the question asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Query, SelectItem, VisitorMut};

use super::blocks::{Kind, Shown, at_place};
use super::calls::{is_call, named};
use super::conditions::{names_of, text_of};
use super::meant;
use super::planner::FUNCTION;
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::semantic::granularity::Granularity;

/// The function that makes buckets of a time.
const BUCKET: &str = "date_trunc";

/// What groups are told apart by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    Dimension(String),
    Bucket { name: String, granularity: Granularity, zone: Option<String> },
}

impl Key {
    /// The member.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Dimension(name) | Self::Bucket { name, .. } => name,
        }
    }

    /// What its column is called.
    pub(super) fn column(&self) -> String {
        match self {
            Self::Dimension(name) => name.clone(),
            Self::Bucket { name, granularity, zone: None } => format!("{BUCKET}('{granularity}', {name})"),
            Self::Bucket { name, granularity, zone: Some(zone) } => format!("{BUCKET}('{granularity}', {name}, '{zone}')"),
        }
    }
}

/// What the column of a measure is called.
pub(super) fn column_of(measure: &str) -> String {
    format!("{FUNCTION}({measure})")
}

/// What a SELECT asks of a view.
pub(super) struct Asked {
    pub keys: Vec<Key>,
    pub measures: Vec<String>,
    pub zone: Option<String>,
}

/// Which part of a SELECT is looked at.
enum Part {
    List,
    /// HAVING, which may use the names of the list.
    Having(BTreeMap<String, Expr>),
    /// ORDER BY, where those come first.
    Order,
}

/// Says the parts of one SELECT over groups.
pub(super) struct Rewriting<'a> {
    shown: &'a Shown,
    /// What the view is called.
    called: String,
    /// The time zone of who asks.
    zone: &'a str,
    aliases: BTreeSet<String>,
    is_aggregate: &'a (dyn Fn(&str) -> bool + Sync),
    keys: Vec<Key>,
    measures: Vec<String>,
    /// Whether what is named is grouped by.
    open: bool,
    part: Part,
    /// Queries around the place that is looked at, which say themselves what they are about.
    depth: usize,
}

impl<'a> Rewriting<'a> {
    pub(super) fn new(shown: &'a Shown, called: String, zone: &'a str, aliases: BTreeSet<String>, is_aggregate: &'a (dyn Fn(&str) -> bool + Sync)) -> Self {
        Self { shown, called, zone, aliases, is_aggregate, keys: Vec::new(), measures: Vec::new(), open: false, part: Part::List, depth: 0 }
    }

    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    pub(super) fn groups_what_it_names(&mut self, open: bool) {
        self.open = open;
    }

    pub(super) fn after_groups(&mut self, aliases: BTreeMap<String, Expr>) {
        self.part = Part::Having(aliases);
    }

    pub(super) fn in_order(&mut self) {
        self.part = Part::Order;
    }

    /// Takes what a GROUP BY names: a dimension, a bucket, or a place or a name of the list that is one.
    pub(super) fn group_by(&mut self, expr: &Expr, projection: &[SelectItem], aliases: &BTreeMap<String, Expr>) -> Result<()> {
        let mut expr = expr;
        if let Some(listed) = at_place(expr, projection) {
            expr = listed;
        } else if let Some(listed) = names_of(expr)
            .filter(|names| names.len() == 1)
            .and_then(|mut names| names.pop())
            .filter(|name| self.shown.kind(name).is_none())
            .and_then(|name| aliases.get(&name))
        {
            // A name that is a member stays one.
            expr = listed;
        }
        while let Expr::Nested(inner) = expr {
            expr = inner;
        }
        let bucket = match expr {
            Expr::Function(call) => self.bucket(call)?,
            _ => None,
        };
        let key = match (bucket, self.shown.name_of(expr, &self.called)) {
            (Some(bucket), _) => bucket,
            (None, Some(name)) => match self.shown.kind(&name) {
                Some(Kind::Dimension(_)) => Key::Dimension(name),
                Some(Kind::Measure) => return Err(Error::invalid(format!("{} is a measure; groups are made by dimensions", self.shown.member(&name)))),
                None => return Err(self.shown.unknown(&name)),
            },
            (None, None) => {
                return Err(Error::invalid(format!(
                    "view {}: GROUP BY {expr}: a view is grouped by its dimensions and by {BUCKET}('month', x) of its times; group by the dimension, and compute in the list or in a SELECT around this one",
                    self.shown.view()
                )));
            }
        };
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
        Ok(())
    }

    /// What was found.
    ///
    /// # Errors
    /// `Invalid` where that is no question.
    pub(super) fn finished(self) -> Result<Asked> {
        let Self { shown, keys, measures, open, .. } = self;
        let zones: BTreeSet<Option<&String>> = keys.iter().filter_map(|key| if let Key::Bucket { zone, .. } = key { Some(zone.as_ref()) } else { None }).collect();
        if zones.len() > 1 {
            return Err(Error::invalid(format!("view {}: the buckets of one SELECT are of one time zone", shown.view())));
        }
        let zone = zones.into_iter().next().flatten().cloned();
        if keys.is_empty() && measures.is_empty() {
            return Err(Error::invalid(format!("view {} has groups and no rows of its own; group by dimensions, or ask for measure(x)", shown.view())));
        }
        if open && !measures.is_empty() && !keys.is_empty() {
            return Err(Error::invalid(format!("view {}: GROUP BY is missing, and a measure is there; group by the dimensions of the list", shown.view())));
        }
        Ok(Asked { keys, measures, zone })
    }

    fn column(&self, name: &str) -> Expr {
        Expr::CompoundIdentifier(vec![Ident::with_quote('"', &self.called), Ident::with_quote('"', name)])
    }

    /// The bucket of a time that a call is. `None`: it is something else.
    fn bucket(&self, call: &Function) -> Result<Option<Key>> {
        let is_bucket = matches!(call.name.0.as_slice(), [name] if name.as_ident().is_some_and(|name| meant(name) == BUCKET));
        let FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, .. }) = &call.args else { return Ok(None) };
        if !is_bucket || call.over.is_some() || call.filter.is_some() {
            return Ok(None);
        }
        let args: Vec<&Expr> = args.iter().filter_map(|arg| if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg { Some(expr) } else { None }).collect();
        let (width, time, zone) = match args.as_slice() {
            [width, time] => (width, time, None),
            [width, time, zone] => (width, time, Some(zone)),
            _ => return Ok(None),
        };
        let Some(name) = self.shown.name_of(time, &self.called) else { return Ok(None) };
        let Some(Kind::Dimension(ColumnType::Timestamp | ColumnType::Date)) = self.shown.kind(&name) else { return Ok(None) };
        let wrong = || Error::invalid(format!("{BUCKET} of {}: write {BUCKET}('month', {name}), or {BUCKET}('month', {name}, 'Europe/Oslo')", self.shown.member(&name)));
        let width = text_of(width).ok_or_else(wrong)?;
        let zone = zone.map(|zone| text_of(zone).map(str::to_owned).ok_or_else(wrong)).transpose()?;
        let lower = width.to_ascii_lowercase();
        let granularity: Granularity = match lower.parse() {
            Ok(granularity @ Granularity::Every(_)) => granularity,
            // Names are as they are written.
            _ => width.parse()?,
        };
        Ok(Some(Key::Bucket { name, granularity, zone: zone.filter(|zone| zone != self.zone) }))
    }

    /// A name in an expression.
    fn name(&mut self, name: &str, alone: bool) -> Result<Option<Expr>> {
        if alone && matches!(self.part, Part::Order) && self.aliases.contains(name) {
            return Ok(None);
        }
        match self.shown.kind(name) {
            Some(Kind::Dimension(_)) => self.dimension(name).map(|()| None),
            Some(Kind::Measure) => Err(Error::invalid(format!("{} is a measure; write {}", self.shown.member(name), column_of(name)))),
            // A column of the groups, which stands there already.
            None if !alone && (self.measures.iter().any(|measure| column_of(measure) == name) || self.keys.iter().any(|key| key.column() == name)) => Ok(None),
            None => match &self.part {
                Part::Having(aliases) if alone && aliases.contains_key(name) => Ok(aliases.get(name).map(|expr| Expr::Nested(Box::new(expr.clone())))),
                _ if self.shown.has_segment(name) => Err(Error::invalid(format!("{} is a named filter; write it in WHERE", self.shown.member(name)))),
                _ => Err(self.shown.unknown(name)),
            },
        }
    }

    /// A dimension, which is a column where it is grouped by.
    fn dimension(&mut self, name: &str) -> Result<()> {
        let by_itself = Key::Dimension(name.to_owned());
        if self.keys.contains(&by_itself) {
            return Ok(());
        }
        if self.open {
            self.keys.push(by_itself);
            return Ok(());
        }
        let member = self.shown.member(name);
        Err(Error::invalid(match self.keys.iter().find(|key| key.name() == name) {
            Some(bucket) => format!("{member} is grouped by {}; write that, or group by {name} too in another SELECT", bucket.column()),
            None => format!("{member} is not grouped by; put {name} into GROUP BY"),
        }))
    }

    fn measure(&mut self, call: &Function) -> Result<Expr> {
        let (shown, view) = (self.shown, self.shown.view());
        let found = named(call);
        let of = found.as_ref().map_or("…", |(_, measure)| measure).to_owned();
        let refused = |reason: &str| Error::invalid(format!("{}: {reason}", column_of(&of)));
        if call.over.is_some() {
            return Err(refused("a measure is an aggregate of groups and no window function; put it into one, as in sum(measure(revenue)) over ()"));
        }
        if call.filter.is_some() {
            return Err(refused("a measure of a view has no FILTER; write the condition in WHERE, or have the model name a measure with it"));
        }
        let (qualifier, measure) = found.ok_or_else(|| refused("write the name of one measure and nothing else, as in measure(revenue)"))?;
        if let Some(qualifier) = qualifier.filter(|qualifier| *qualifier != self.called && qualifier != view) {
            return Err(refused(&format!("its SELECT reads {}, not {qualifier}", self.called)));
        }
        match shown.kind(&measure) {
            Some(Kind::Measure) => {}
            Some(Kind::Dimension(_)) => return Err(refused(&format!("{measure} is a dimension of {view}, not a measure; write its name alone, and group by it"))),
            None => {
                let near = near_names(&measure, shown.measures());
                return Err(refused(&format!("view {view} has no measure {measure:?}{near}")));
            }
        }
        let column = column_of(&measure);
        if !self.measures.contains(&measure) {
            self.measures.push(measure);
        }
        Ok(self.column(&column))
    }

    /// What stands in the place of an expression, where that is something else.
    fn rewritten(&mut self, expr: &Expr) -> Result<Option<Expr>> {
        match expr {
            Expr::Function(call) if is_call(call) => self.measure(call).map(Some),
            Expr::Function(call) => {
                if let Some(bucket) = self.bucket(call)? {
                    if !self.keys.contains(&bucket) {
                        if self.keys.contains(&Key::Dimension(bucket.name().to_owned())) {
                            // Computed from the time of the group.
                            return Ok(None);
                        }
                        if !self.open {
                            return Err(Error::invalid(format!("{} is not grouped by; put it into GROUP BY", bucket.column())));
                        }
                        self.keys.push(bucket.clone());
                    }
                    return Ok(Some(self.column(&bucket.column())));
                }
                let name = call.name.0.last().and_then(|name| name.as_ident()).map(meant).unwrap_or_default();
                if call.over.is_some() && self.open {
                    return Err(Error::invalid(format!("view {}: a window looks over groups; name them in GROUP BY", self.shown.view())));
                }
                if call.over.is_none() && (self.is_aggregate)(&name) {
                    return Err(Error::invalid(format!(
                        "{name} in a SELECT over view {}, which has groups and no rows of its own; write measure(x), or aggregate the groups in a SELECT around this one",
                        self.shown.view()
                    )));
                }
                Ok(None)
            }
            Expr::Identifier(name) => self.name(&meant(name), true),
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [table, name, ..] if meant(table) == self.called => self.name(&meant(name), false),
                // A field of a dimension.
                [name, ..] if self.shown.kind(&meant(name)).is_some() => self.name(&meant(name), false),
                // What is further out.
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }
}

impl VisitorMut for Rewriting<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match self.rewritten(expr) {
            Ok(Some(other)) => {
                *expr = other;
                ControlFlow::Continue(())
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}
