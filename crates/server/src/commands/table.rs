//! A result as a table for people.

use serde_json::Value;

const CELL_MAX_CHARS: usize = 60;

/// Draws a result (in its JSON form): a header, a rule, rows; numbers to the right.
pub fn draw(result: &Value) -> String {
    let names: Vec<String> = list(result, "columns").iter().map(|column| column.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()).collect();
    let columns: Vec<Vec<Value>> = list(result, "data").iter().map(|column| column.as_array().cloned().unwrap_or_default()).collect();
    let texts: Vec<Vec<String>> = columns.iter().map(|column| column.iter().map(cell).collect()).collect();
    let numeric: Vec<bool> = columns
        .iter()
        .map(|column| column.iter().any(Value::is_number) && column.iter().all(|value| value.is_number() || value.is_null()))
        .collect();
    let widths: Vec<usize> = names.iter().zip(&texts).map(|(name, column)| column.iter().chain([name]).map(|text| text.chars().count()).max().unwrap_or(0)).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .into_iter()
            .zip(widths.iter().zip(&numeric))
            .map(|(text, (width, numeric))| if *numeric { format!("{text:>width$}") } else { format!("{text:<width$}") })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(names.iter().map(String::as_str).collect()), widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ")];
    let rows = texts.first().map_or(0, Vec::len);
    for row in 0..rows {
        lines.push(line(texts.iter().map(|column| column.get(row).map_or("", String::as_str)).collect()));
    }
    lines.join("\n")
}

fn list<'a>(result: &'a Value, name: &str) -> &'a [Value] {
    result.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// One value in one line, without what a terminal would obey.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut tame: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(CELL_MAX_CHARS).collect();
    if text.chars().count() > CELL_MAX_CHARS {
        tame.pop();
        tame.push('…');
    }
    tame
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_stand_to_the_right() {
        let result = json!({"columns": [{"name": "carrier"}, {"name": "count"}], "data": [["UA", "B6\u{1b}[31m"], [58_665, null]]});
        assert_eq!(draw(&result), "carrier  count\n-------  -----\nUA       58665\nB6 [31m");
    }
}
