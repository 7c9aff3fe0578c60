//! What SQL may do here. Text is bounded before it is parsed, the statement before it is planned, and the bound plan is
//! held against a list of what is allowed: one read-only query over the datasets of the scope. The functions that exist
//! are listed in `functions::allowed`; files, URLs and other tenants cannot be reached because nothing resolves them.

use std::ops::ControlFlow;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, ScalarUDF, WindowFunctionDefinition};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Query, Select, SetExpr, Statement as SqlStatement, TableFactor, Visitor};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::walk::look_through;
use super::{guard, misread, written_out};
use crate::error::{Error, Result};
use crate::functions::allowed::{is_listed, is_listed_aggregate, is_listed_window};
use crate::functions::business_day::BusinessDay;
use crate::functions::checked_number::CheckedNumber;
use crate::functions::date_bucket::DateBucket;
use crate::functions::is_business_day;
use crate::functions::time_bucket::TimeBucket;
use crate::partial::looked_up::is_looked_up;
use crate::settings::Limits;

/// Tokens of a statement at most.
const TOKENS_MAX: usize = 20_000;
/// Operators of a statement at most: a chain of them becomes a tree as deep as the chain is long.
const OPERATORS_MAX: usize = 1_000;
/// Nodes of a bound plan at most.
const PLAN_NODES_MAX: usize = 500;

/// Parses one read-only query.
///
/// # Errors
/// `Exhausted` for a text that is too long or too deep, `Invalid` for one that is not SQL, `Denied` for anything but a query.
pub(crate) fn parse(sql: &str, limits: &Limits) -> Result<Statement> {
    if sql.len() > limits.sql_bytes {
        return Err(Error::exhausted(format!("the statement has {} bytes; at most {} are read", sql.len(), limits.sql_bytes)).at("sql"));
    }
    check_tokens(sql, limits)?;
    let wrong = |error: DataFusionError| unread(&error, limits);
    let mut statements = DFParserBuilder::new(sql)
        .with_dialect(&PostgreSqlDialect {})
        .with_recursion_limit(limits.depth)
        .build()
        .map_err(wrong)?
        .parse_statements()
        .map_err(wrong)?;
    match (statements.pop_front(), statements.is_empty()) {
        (None, _) => Err(Error::invalid("SQL: there is no statement").at("sql")),
        (Some(_), false) => Err(Error::denied("SQL: one statement at a time").at("sql")),
        (Some(statement), true) => {
            check_statement(&statement)?;
            Ok(statement)
        }
    }
}

/// What the parser says of a text, in its own words and without what they are wrapped in.
fn unread(error: &DataFusionError, limits: &Limits) -> Error {
    let words = match error.find_root() {
        DataFusionError::SQL(parser, _) => match &**parser {
            // Not all that nests is in brackets, which are counted before.
            ParserError::RecursionLimitExceeded => {
                return Error::exhausted(format!("the statement nests more than {} deep, which is the most that is read", limits.depth)).at("sql");
            }
            ParserError::ParserError(words) | ParserError::TokenizerError(words) => words.clone(),
        },
        _ => error.strip_backtrace(),
    };
    Error::invalid(format!("SQL: {words}")).at("sql")
}

fn check_tokens(sql: &str, limits: &Limits) -> Result<()> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().map_err(|error| Error::invalid(format!("SQL: {error}")).at("sql"))?;
    if tokens.len() > TOKENS_MAX {
        return Err(Error::exhausted(format!("the statement has {} tokens; at most {TOKENS_MAX} are read", tokens.len())).at("sql"));
    }
    let (mut depth, mut deepest, mut operators) = (0_usize, 0_usize, 0_usize);
    for token in &tokens {
        match token {
            Token::LParen | Token::LBracket => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Word(word)
                if word.quote_style.is_none()
                    && ["and", "or", "not", "union", "except", "intersect", "when", "join", "select"].contains(&word.value.to_ascii_lowercase().as_str()) =>
            {
                operators += 1;
            }
            Token::Word(_) | Token::Number(..) | Token::Whitespace(_) | Token::Comma | Token::Period | Token::SemiColon | Token::SingleQuotedString(_) => {}
            _ => operators += 1,
        }
    }
    if deepest > limits.depth {
        return Err(Error::exhausted(format!("the statement nests {deepest} deep; at most {} is read", limits.depth)).at("sql"));
    }
    if operators > OPERATORS_MAX {
        return Err(Error::exhausted(format!("the statement has {operators} operators; at most {OPERATORS_MAX} are read; use IN (…) for long lists")).at("sql"));
    }
    Ok(())
}

fn check_statement(statement: &Statement) -> Result<()> {
    let Statement::Statement(statement) = statement else { return Err(only_queries()) };
    look_through(&**statement, &mut Clauses::default())?;
    written_out::check_tables(statement)
}

fn only_queries() -> Error {
    Error::denied("SQL: only a SELECT query is allowed here; data is changed by loads and pushes").at("sql")
}

/// Looks at every statement, query and table in a statement. What the planner would leave out without a word is refused: the
/// answer would be one to another question.
#[derive(Default)]
struct Clauses {
    /// A query was seen, and not its brackets alone: those that come are inside of it.
    inside: bool,
}

impl Clauses {
    fn without(clauses: &[(&str, bool)]) -> ControlFlow<Error> {
        match clauses.iter().find(|(_, there)| *there) {
            Some((name, _)) => ControlFlow::Break(Error::denied(format!("SQL: {name} is not allowed")).at("sql")),
            None => ControlFlow::Continue(()),
        }
    }

    fn read_as_written(misread: Option<&'static str>) -> ControlFlow<Error> {
        match misread {
            Some(reason) => ControlFlow::Break(told_otherwise(reason)),
            None => ControlFlow::Continue(()),
        }
    }
}

/// An error about what would be planned as something else.
fn told_otherwise(reason: &str) -> Error {
    Error::invalid(format!("SQL: {reason}")).at("sql")
}

impl Visitor for Clauses {
    type Break = Error;

    fn pre_visit_statement(&mut self, statement: &SqlStatement) -> ControlFlow<Error> {
        if matches!(statement, SqlStatement::Query(_)) { ControlFlow::Continue(()) } else { ControlFlow::Break(only_queries()) }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        Self::without(&[
            ("WITH RECURSIVE", query.with.as_ref().is_some_and(|with| with.recursive)),
            ("locking rows (FOR UPDATE)", !query.locks.is_empty()),
            ("FOR XML, JSON or BROWSE", query.for_clause.is_some()),
            ("SETTINGS", query.settings.is_some()),
            ("FORMAT", query.format_clause.is_some()),
            ("a chain of pipe operators", !query.pipe_operators.is_empty()),
        ])?;
        // Brackets around the whole statement change nothing of it.
        let plain = query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none() && query.fetch.is_none();
        let inside = self.inside;
        self.inside |= !(plain && matches!(&*query.body, SetExpr::Query(_)));
        Self::read_as_written(if inside { misread::in_page(query) } else { None })?;
        Self::read_as_written(misread::in_body(&query.body))?;
        match &*query.body {
            SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } => ControlFlow::Continue(()),
            _ => ControlFlow::Break(only_queries()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        if select.into.is_some() {
            return ControlFlow::Break(only_queries());
        }
        Self::without(&[
            ("a hint", !select.optimizer_hints.is_empty()),
            ("a modifier of SELECT", select.select_modifiers.is_some()),
            ("LATERAL VIEW", !select.lateral_views.is_empty()),
            ("PREWHERE", select.prewhere.is_some()),
            ("CONNECT BY", !select.connect_by.is_empty()),
            ("CLUSTER BY", !select.cluster_by.is_empty()),
            ("DISTRIBUTE BY", !select.distribute_by.is_empty()),
            ("SORT BY", !select.sort_by.is_empty()),
            ("SELECT AS STRUCT or VALUE", select.value_table_mode.is_some()),
        ])?;
        Self::read_as_written(select.from.iter().find_map(misread::in_joins))
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<Error> {
        let sampled = matches!(table, TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. });
        Self::without(&[("TABLESAMPLE", sampled)])?;
        if let TableFactor::NestedJoin { table_with_joins, .. } = table {
            return Self::read_as_written(misread::in_joins(table_with_joins));
        }
        let TableFactor::Table { with_hints, version, with_ordinality, partitions, json_path, index_hints, .. } = table else { return ControlFlow::Continue(()) };
        Self::without(&[
            ("a hint", !with_hints.is_empty() || !index_hints.is_empty()),
            ("a version of a table; ask with asOf", version.is_some()),
            ("WITH ORDINALITY", *with_ordinality),
            ("PARTITION", !partitions.is_empty()),
            ("a path into a table", json_path.is_some()),
        ])
    }
}

/// Holds a bound plan against the list of nodes that only read.
pub(crate) fn check_plan(plan: &LogicalPlan) -> Result<()> {
    let mut nodes = 0_usize;
    let (mut refused, mut unlisted, mut misplaced): (Option<&'static str>, Option<String>, bool) = (None, None, false);
    let mut otherwise: Option<&'static str> = None;
    plan.apply_with_subqueries(|node| {
        nodes += 1;
        if nodes > PLAN_NODES_MAX {
            return Ok(TreeNodeRecursion::Stop);
        }
        let allowed = matches!(
            node,
            LogicalPlan::Projection(_)
                | LogicalPlan::Filter(_)
                | LogicalPlan::Window(_)
                | LogicalPlan::Aggregate(_)
                | LogicalPlan::Sort(_)
                | LogicalPlan::Join(_)
                | LogicalPlan::Union(_)
                | LogicalPlan::TableScan(_)
                | LogicalPlan::EmptyRelation(_)
                | LogicalPlan::Subquery(_)
                | LogicalPlan::SubqueryAlias(_)
                | LogicalPlan::Limit(_)
                | LogicalPlan::Values(_)
                | LogicalPlan::Distinct(_)
                // A row for each element of its lists: bounded by what is stored.
                | LogicalPlan::Unnest(_)
        );
        if !allowed {
            refused = Some(node_name(node));
            return Ok(TreeNodeRecursion::Stop);
        }
        misplaced |= groups_by_aggregates(node)?;
        // The planner makes some functions by itself, past the list.
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Some(name) = unlisted_call(part) {
                    unlisted = Some(name);
                    return Ok(TreeNodeRecursion::Stop);
                }
                otherwise = otherwise.or(misread::in_call(part));
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    if let Some(name) = refused {
        return Err(Error::denied(format!("SQL: {name} is not allowed")).at("sql"));
    }
    if let Some(name) = unlisted {
        return Err(Error::invalid(format!("SQL: unknown function {name:?}")).at("sql"));
    }
    if let Some(reason) = otherwise {
        return Err(told_otherwise(reason));
    }
    if misplaced {
        return Err(Error::invalid("SQL: an aggregate or a measure in GROUP BY: there are no groups yet").at("sql"));
    }
    if nodes > PLAN_NODES_MAX {
        return Err(Error::exhausted(format!("the plan has more than {PLAN_NODES_MAX} steps; at most so many are run")).at("sql"));
    }
    written_out::check_parts(plan)
}

/// The name of what is called, where it is on none of the lists.
fn unlisted_call(part: &Expr) -> Option<String> {
    let (name, listed) = match part {
        Expr::ScalarFunction(call) => (call.name(), is_listed(&call.func) || is_business_day::is_this(&call.func) || is_of_models(&call.func)),
        Expr::AggregateFunction(call) => (call.func.name(), is_listed_aggregate(&call.func)),
        Expr::WindowFunction(call) => match &call.fun {
            WindowFunctionDefinition::AggregateUDF(function) => (function.name(), is_listed_aggregate(function)),
            WindowFunctionDefinition::WindowUDF(function) => (function.name(), is_listed_window(function)),
        },
        Expr::HigherOrderFunction(call) => (call.name(), false),
        Expr::Lambda(_) | Expr::LambdaVariable(_) => ("lambda", false),
        Expr::ScalarVariable(..) => ("a variable", false),
        _ => return None,
    };
    (!listed).then(|| name.to_owned())
}

/// What formulas, measures and access policies of models are made of. Nobody can name these.
fn is_of_models(function: &ScalarUDF) -> bool {
    let inner = function.inner();
    guard::is_mark(function)
        || is_looked_up(function)
        || inner.downcast_ref::<CheckedNumber>().is_some()
        || inner.downcast_ref::<BusinessDay>().is_some()
        || inner.downcast_ref::<TimeBucket>().is_some()
        || inner.downcast_ref::<DateBucket>().is_some()
}

/// Whether rows are grouped by an aggregate of theirs. The planner lets it pass, and nothing could compute it.
fn groups_by_aggregates(node: &LogicalPlan) -> datafusion::common::Result<bool> {
    let LogicalPlan::Aggregate(aggregate) = node else { return Ok(false) };
    for group in &aggregate.group_expr {
        if group.exists(|part| Ok(matches!(part, Expr::AggregateFunction(_))))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn node_name(plan: &LogicalPlan) -> &'static str {
    match plan {
        LogicalPlan::Ddl(_) => "DDL",
        LogicalPlan::Dml(_) => "a change of data",
        LogicalPlan::Copy(_) => "COPY",
        LogicalPlan::Statement(_) => "a setting or transaction",
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => "EXPLAIN",
        LogicalPlan::RecursiveQuery(_) => "a recursive query",
        LogicalPlan::Extension(_) => "an extension",
        _ => "this kind of statement",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn only_one_bounded_query_passes() {
        let limits = Limits::default();
        let long_chain = format!("select 1 where {}", vec!["a = 1"; 2_000].join(" or "));
        let nested = format!("select {}1{}", "(".repeat(100), ")".repeat(100));
        // As deep without a bracket.
        let signs = format!("select {}1", "- ".repeat(100));
        let megabyte = format!("select '{}'", "x".repeat(1 << 20));
        let cases = [
            ("select 1", None),
            ("with a as (select 1 as x) select * from a union all select 2", None),
            ("", Some(ErrorKind::Invalid)),
            ("selec 1", Some(ErrorKind::Invalid)),
            ("select 1; select 2", Some(ErrorKind::Denied)),
            ("insert into flights values (1)", Some(ErrorKind::Denied)),
            ("delete from flights", Some(ErrorKind::Denied)),
            ("drop table flights", Some(ErrorKind::Denied)),
            ("create external table t stored as csv location '/etc/passwd'", Some(ErrorKind::Denied)),
            ("copy flights to '/tmp/x.csv'", Some(ErrorKind::Denied)),
            ("set datafusion.execution.batch_size = 1", Some(ErrorKind::Denied)),
            ("explain select 1", Some(ErrorKind::Denied)),
            ("select 1 into t", Some(ErrorKind::Denied)),
            ("with recursive a as (select 1) select * from a", Some(ErrorKind::Denied)),
            ("with a as (insert into b values (1)) select 1", Some(ErrorKind::Denied)),
            ("select 1 except select 2", None),
            ("select 1 union all select 2", None),
            ("select 1 except all select 2", Some(ErrorKind::Invalid)),
            ("select 1 union (select 2 union select 3 intersect all select 3)", Some(ErrorKind::Invalid)),
            ("select 1 from a order by a.k limit 3 offset 1", None),
            ("(select 1 from a order by a.k limit 3 offset 1)", None),
            ("(select 1 from a order by a.k limit 3 offset 1) order by 1", Some(ErrorKind::Invalid)),
            ("(select 1 from a order by a.k offset 1) union all select 2", Some(ErrorKind::Invalid)),
            ("select 1 from (select 2 from a order by k limit 3 offset 0) b offset 2", None),
            ("select 1 from (select 2 from a order by k offset 1) b", Some(ErrorKind::Invalid)),
            ("with b as (select 2 from a order by k offset 1 rows fetch next 3 rows only) select 1 from b", Some(ErrorKind::Invalid)),
            ("select 1 where 2 in (select 2 from a limit 3 offset 1)", Some(ErrorKind::Invalid)),
            ("select k from a left join b using (k)", None),
            ("select a.k from a full join b on a.k = b.k", None),
            ("select k from a right join b using (k)", Some(ErrorKind::Invalid)),
            ("select k from a natural full join b", Some(ErrorKind::Invalid)),
            ("select 1 where exists (select k from c, (a full outer join b using (k)))", Some(ErrorKind::Invalid)),
            (long_chain.as_str(), Some(ErrorKind::Exhausted)),
            (nested.as_str(), Some(ErrorKind::Exhausted)),
            (signs.as_str(), Some(ErrorKind::Exhausted)),
            (megabyte.as_str(), Some(ErrorKind::Exhausted)),
        ];
        for (sql, expected) in cases {
            let found = parse(sql, &limits).err().map(|error| error.kind());
            let shown: String = sql.chars().take(60).collect();
            assert_eq!(found, expected, "{shown}");
        }
    }

    #[test]
    fn the_parser_is_told_in_its_own_words() {
        let error = parse("select a from where b = 1", &Limits::default()).unwrap_err();
        assert!(error.message().starts_with("SQL: Expected: ") && error.message().contains("at Line: 1, Column: "), "{error}");
        assert!(!error.message().contains("ParserError"), "{error}");
        assert_eq!(error.field(), Some("sql"));
    }
}
