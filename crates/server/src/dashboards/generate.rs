//! A first dashboard for a dataset, from its model and what its columns hold. Pure: the same input gives the same dashboard.
//!
//! ```text
//! | number | number | number | number |   up to four measures, each against the previous period
//! | count over time        | stacked  |   by the category with the fewest values
//! | bars     | bars     | bars        |   the largest of three categories
//! | measure over time | heatmap       |   the next measure; two categories
//! | table                             |   and all of it in rows, beside whichever of the two above stands alone
//! ```

use std::collections::BTreeMap;

use tidemill::{ColumnType, DatasetProfile, DateRange, Dimension, Direction, Grain, Measure, MeasureKind, Model, SemanticQuery, TimeDimension};

use super::wire::{Comparison, Definition, NewDashboard, TimeControl, Widget, WidgetKind, WidgetLayout, WidgetOptions};

const NUMBERS_MAX: usize = 4;
const BARS_MAX: usize = 3;
/// More stacks than this cannot be told apart.
const STACKS_MAX: u64 = 12;
/// A category with more values than this is an id in disguise.
const CATEGORY_MAX: u64 = 500;
/// Cells on one side of a heatmap.
const HEATMAP_MAX: u64 = 40;
const BARS_LIMIT: usize = 10;
const TABLE_LIMIT: usize = 100;
const GRID_COLUMNS: u32 = 12;
/// Height of the table and of what stands beside it.
const DETAILS_ROWS: u32 = 6;

/// What is known of the values: how many different ones each column has.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    rows: u64,
    distinct: BTreeMap<String, u64>,
}

impl Facts {
    /// From the profile of a dataset.
    pub fn of(profile: &DatasetProfile) -> Self {
        Self { rows: profile.rows, distinct: profile.columns.iter().map(|column| (column.name.clone(), column.distinct)).collect() }
    }

    fn distinct(&self, dimension: &Dimension) -> Option<u64> {
        self.distinct.get(dimension.column.as_ref().unwrap_or(&dimension.name)).copied()
    }
}

/// Makes the dashboard.
pub fn generate(model: &Model, facts: &Facts) -> NewDashboard {
    let mut page = Page { model, widgets: Vec::new(), bottom: 0 };
    let measures = main_measures(model);
    let categories = categories(model, facts);
    page.numbers(&measures);
    page.over_time(&categories, facts);
    page.bars(&categories);
    page.details(&measures, &categories, facts);
    let range = if model.time_dimension.is_some() { "last 90 days of data" } else { "all" };
    let definition = Definition {
        schema: 1,
        timezone: None,
        calendar: None,
        time: TimeControl { range: DateRange::Named(range.to_owned()), grain: None },
        time_dimension: model.time_dimension.as_ref().map(|name| page.member(name)),
        filters: Vec::new(),
        widgets: page.widgets,
    };
    NewDashboard { title: model.label.clone(), description: Some(format!("Made from the model of {}", model.dataset)), definition }
}

/// Count first, then one measure a column: totals where the model has them, else averages.
fn main_measures(model: &Model) -> Vec<&Measure> {
    let rank = |measure: &Measure| match measure.kind {
        MeasureKind::Count => Some(0),
        MeasureKind::Avg => Some(if measure.lower_is_better { 1 } else { 2 }),
        MeasureKind::Sum => Some(if measure.lower_is_better { 3 } else { 1 }),
        // The others say something to who asked for them.
        _ => None,
    };
    let mut ranked: Vec<(u8, &Measure)> = model.measures.iter().filter(|measure| measure.public).filter_map(|measure| Some((rank(measure)?, measure))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut chosen: Vec<&Measure> = Vec::new();
    for (_, measure) in ranked {
        let is_new = measure.column.is_none() || chosen.iter().all(|other| other.column != measure.column);
        if is_new && chosen.len() < NUMBERS_MAX {
            chosen.push(measure);
        }
    }
    chosen
}

/// Dimensions that group rows well, fewest values first.
fn categories<'a>(model: &'a Model, facts: &Facts) -> Vec<&'a Dimension> {
    let mut found: Vec<(u64, &Dimension)> = model
        .dimensions
        .iter()
        .filter(|dimension| dimension.public && matches!(dimension.column_type, ColumnType::String | ColumnType::Boolean))
        .filter_map(|dimension| Some((facts.distinct(dimension)?, dimension)))
        .filter(|(distinct, _)| (2..=CATEGORY_MAX).contains(distinct) && distinct.saturating_mul(2) <= facts.rows)
        .collect();
    found.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.name.cmp(&right.1.name)));
    found.into_iter().map(|(_, dimension)| dimension).collect()
}

/// Numbers that stand for parts of time (`hour`, `month`) and make good sides of a heatmap.
fn time_parts<'a>(model: &'a Model, facts: &Facts) -> Vec<&'a Dimension> {
    ["hour", "weekday", "month"]
        .iter()
        .filter_map(|part| model.dimensions.iter().find(|dimension| dimension.public && dimension.name == *part && dimension.column_type == ColumnType::Integer))
        .filter(|dimension| facts.distinct(dimension).is_some_and(|distinct| (2..=HEATMAP_MAX).contains(&distinct)))
        .collect()
}

struct Page<'a> {
    model: &'a Model,
    widgets: Vec<Widget>,
    bottom: u32,
}

impl Page<'_> {
    fn member(&self, name: &str) -> String {
        format!("{}.{name}", self.model.name)
    }

    fn count(&self) -> Option<&Measure> {
        let offered = || self.model.measures.iter().filter(|measure| measure.public);
        offered().find(|measure| measure.kind == MeasureKind::Count).or_else(|| offered().next())
    }

    fn add(&mut self, kind: WidgetKind, title: String, layout: WidgetLayout, query: SemanticQuery, options: WidgetOptions) {
        let id = format!("w{}", self.widgets.len() + 1);
        self.widgets.push(Widget { id, kind, title, layout, query, options });
    }

    fn ask(&self, measures: &[&Measure], dimensions: &[&Dimension], limit: Option<usize>) -> SemanticQuery {
        SemanticQuery {
            measures: measures.iter().map(|measure| self.member(&measure.name)).collect(),
            dimensions: dimensions.iter().map(|dimension| self.member(&dimension.name)).collect(),
            limit,
            ..SemanticQuery::default()
        }
    }

    fn by_time(&self, mut query: SemanticQuery) -> SemanticQuery {
        if let Some(time) = &self.model.time_dimension {
            query
                .time_dimensions
                .push(TimeDimension { dimension: self.member(time), granularity: Some(Grain::Day.into()), date_range: None, fill: None });
        }
        query
    }

    fn numbers(&mut self, measures: &[&Measure]) {
        let width = GRID_COLUMNS / u32::try_from(measures.len().max(1)).unwrap_or(GRID_COLUMNS);
        let has_time = self.model.time_dimension.is_some();
        for (place, measure) in (0_u32..).zip(measures) {
            let options = WidgetOptions {
                comparison: has_time.then_some(Comparison::PreviousPeriod),
                lower_is_better: measure.lower_is_better.then_some(true),
                format: measure.format.clone(),
            };
            let layout = WidgetLayout { x: place * width, y: self.bottom, w: width, h: 2 };
            self.add(WidgetKind::Number, measure.label.clone(), layout, self.ask(&[measure], &[], None), options);
        }
        self.bottom += if measures.is_empty() { 0 } else { 2 };
    }

    fn over_time(&mut self, categories: &[&Dimension], facts: &Facts) {
        let (Some(count), true) = (self.count().cloned(), self.model.time_dimension.is_some()) else { return };
        let stack = categories.iter().find(|category| facts.distinct(category).is_some_and(|distinct| distinct <= STACKS_MAX));
        let width = if stack.is_some() { 7 } else { GRID_COLUMNS };
        let layout = WidgetLayout { x: 0, y: self.bottom, w: width, h: 5 };
        self.add(WidgetKind::Line, format!("{} over time", count.label), layout, self.by_time(self.ask(&[&count], &[], None)), WidgetOptions::default());
        if let Some(stack) = stack {
            let layout = WidgetLayout { x: width, y: self.bottom, w: GRID_COLUMNS - width, h: 5 };
            let query = self.by_time(self.ask(&[&count], &[stack], None));
            self.add(WidgetKind::StackedBar, format!("{} by {}", count.label, lower_first(&stack.label)), layout, query, WidgetOptions::default());
        }
        self.bottom += 5;
    }

    fn bars(&mut self, categories: &[&Dimension]) {
        let Some(count) = self.count().cloned() else { return };
        let chosen: Vec<&Dimension> = categories.iter().copied().take(BARS_MAX).collect();
        let width = GRID_COLUMNS / u32::try_from(chosen.len().max(1)).unwrap_or(GRID_COLUMNS);
        for (place, category) in (0_u32..).zip(&chosen) {
            let mut query = self.ask(&[&count], &[category], Some(BARS_LIMIT));
            query.order.push((self.member(&count.name), Direction::Desc));
            let layout = WidgetLayout { x: place * width, y: self.bottom, w: width, h: 5 };
            self.add(WidgetKind::Bar, format!("Top {}", lower_first(&category.label)), layout, query, WidgetOptions::default());
        }
        self.bottom += if chosen.is_empty() { 0 } else { 5 };
    }

    fn details(&mut self, measures: &[&Measure], categories: &[&Dimension], facts: &Facts) {
        let Some(count) = self.count().cloned() else { return };
        let fitting = categories.iter().copied().filter(|category| facts.distinct(category).is_some_and(|distinct| distinct <= HEATMAP_MAX));
        let sides: Vec<&Dimension> = time_parts(self.model, facts).into_iter().chain(fitting).take(2).collect();
        let next = measures.iter().find(|measure| measure.name != count.name && self.model.time_dimension.is_some());
        let height = if next.is_some() && sides.len() == 2 { 5 } else { DETAILS_ROWS };
        let mut x = 0;
        if let Some(measure) = next {
            let layout = WidgetLayout { x, y: self.bottom, w: GRID_COLUMNS / 2, h: height };
            self.add(WidgetKind::Line, format!("{} over time", measure.label), layout, self.by_time(self.ask(&[measure], &[], None)), WidgetOptions::default());
            x += layout.w;
        }
        if let [across, down] = sides.as_slice() {
            let title = format!("{} by {} and {}", count.label, lower_first(&across.label), lower_first(&down.label));
            let layout = WidgetLayout { x, y: self.bottom, w: GRID_COLUMNS / 2, h: height };
            self.add(WidgetKind::Heatmap, title, layout, self.ask(&[&count], &[across, down], None), WidgetOptions::default());
            x += layout.w;
        }
        if x == GRID_COLUMNS {
            self.bottom += height;
            x = 0;
        }
        let groups: Vec<&Dimension> = categories.iter().copied().take(2).collect();
        if measures.is_empty() {
            return;
        }
        let mut query = self.ask(measures, &groups, Some(TABLE_LIMIT));
        if groups.is_empty() {
            query = self.by_time(query);
        }
        let layout = WidgetLayout { x, y: self.bottom, w: GRID_COLUMNS - x, h: DETAILS_ROWS };
        self.add(WidgetKind::Table, format!("{} in detail", self.model.label), layout, query, WidgetOptions::default());
        self.bottom += DETAILS_ROWS;
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flights() -> (Model, Facts) {
        let dimension = |name: &str, column_type: &str| json!({"name": name, "label": name, "type": column_type, "column": name});
        let model = serde_json::from_value(json!({
            "name": "flights", "dataset": "flights", "label": "Flights", "version": 1, "time_dimension": "time_hour",
            "dimensions": [
                dimension("time_hour", "timestamp"), dimension("hour", "integer"), dimension("month", "integer"), dimension("carrier", "string"),
                dimension("origin", "string"), dimension("dest", "string"), dimension("tailnum", "string"), dimension("constant", "string")
            ],
            "measures": [
                {"name": "count", "label": "Flights", "kind": "count", "format": "integer"},
                {"name": "sum_dep_delay", "label": "Total dep delay", "kind": "sum", "column": "dep_delay", "lower_is_better": true},
                {"name": "avg_dep_delay", "label": "Average dep delay", "kind": "avg", "column": "dep_delay", "format": "number", "lower_is_better": true},
                {"name": "max_dep_delay", "label": "Greatest dep delay", "kind": "max", "column": "dep_delay"},
                {"name": "sum_distance", "label": "Total distance", "kind": "sum", "column": "distance"},
                {"name": "avg_distance", "label": "Average distance", "kind": "avg", "column": "distance"}
            ]
        }))
        .unwrap();
        let distinct = [("hour", 20), ("month", 12), ("carrier", 16), ("origin", 3), ("dest", 105), ("tailnum", 4_044), ("constant", 1)];
        (model, Facts { rows: 336_776, distinct: distinct.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect() })
    }

    #[test]
    fn flights_get_a_dashboard() {
        let (model, facts) = flights();
        let made = generate(&model, &facts);
        made.check().unwrap();
        insta::assert_json_snapshot!(made.definition);
    }

    #[test]
    fn what_is_not_offered_is_in_none() {
        let (mut model, facts) = flights();
        let named = |model: &Model, name: &str| {
            let made = serde_json::to_string(&generate(model, &facts).definition).unwrap();
            made.contains(&format!("\"flights.{name}\""))
        };
        for name in ["carrier", "hour", "count"] {
            assert!(named(&model, name), "{name}");
        }
        model
            .dimensions
            .iter_mut()
            .filter(|dimension| ["carrier", "hour"].contains(&dimension.name.as_str()))
            .for_each(|dimension| dimension.public = false);
        model.measures.iter_mut().filter(|measure| measure.name == "count").for_each(|measure| measure.public = false);
        for name in ["carrier", "hour", "count"] {
            assert!(!named(&model, name), "{name}");
        }
    }

    #[test]
    fn nothing_overlaps_and_little_is_fine() {
        let (mut model, facts) = flights();
        for facts in [facts, Facts::default()] {
            for time in [model.time_dimension.clone(), None] {
                model.time_dimension = time;
                let made = generate(&model, &facts);
                made.check().unwrap();
                for (index, widget) in made.definition.widgets.iter().enumerate() {
                    for other in made.definition.widgets.iter().skip(index + 1) {
                        let (a, b) = (widget.layout, other.layout);
                        assert!(a.x >= b.x + b.w || b.x >= a.x + a.w || a.y >= b.y + b.h || b.y >= a.y + a.h, "{} over {}", widget.title, other.title);
                    }
                }
            }
        }
        model.measures.clear();
        model.dimensions.clear();
        assert!(generate(&model, &Facts::default()).definition.widgets.is_empty());
    }
}
