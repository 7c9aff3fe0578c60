//! Measures that are asked alone, and their answers joined afterwards: the SQL for DuckDB with which answers to questions about
//! several models are compared. Where each measure has its own `group by` over its own rows nothing can be counted twice.

/// `{total x}` as a question of its own over the same rows.
pub fn with_totals(sql: &str, rows: &str) -> String {
    match sql.split_once("{total ") {
        Some((before, rest)) => {
            let (call, after) = rest.split_once('}').unwrap_or((rest, ""));
            format!("{before}(select {call} from {rows}){after}")
        }
        None => sql.to_owned(),
    }
}

/// Answers joined on all dimensions, where nulls are equal. Each is a `select` in parentheses of the dimensions and of `m`;
/// together they have the dimensions, and `m0`, `m1` and so on.
pub fn joined(alone: &[String], dimensions: &[String]) -> String {
    let mut text = String::new();
    for (number, next) in alone.iter().enumerate() {
        if number == 0 {
            text = format!("select {} from {next} a0", dimensions.iter().cloned().chain(["m as m0".to_owned()]).collect::<Vec<_>>().join(", "));
            continue;
        }
        let so_far: Vec<String> = (0..number).map(|number| format!("x.m{number}")).collect();
        let shown: Vec<String> = dimensions
            .iter()
            .map(|name| format!("case when y.m_there then y.{name} else x.{name} end as {name}"))
            .chain(so_far)
            .chain([format!("y.m as m{number}")])
            .collect();
        let on: Vec<String> = dimensions.iter().map(|name| format!("x.{name} is not distinct from y.{name}")).collect();
        let on = if on.is_empty() { "true".to_owned() } else { on.join(" and ") };
        text = format!("select {} from ({text}) x full outer join (select *, true as m_there from {next}) y on {on}", shown.join(", "));
    }
    text
}
