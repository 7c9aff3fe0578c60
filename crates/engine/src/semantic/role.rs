//! What is to be made of a column, by its name, its type and what a load has shown of its values. A name that is clear wins,
//! and without enough values it decides alone. Pure; no value of a row comes here, so that none gets into a model.

use crate::catalog::ColumnType;

/// Numbers that name something instead of measuring it, by the last word of the column.
const CODES: &[&str] = &[
    "id",
    "key",
    "code",
    "no",
    "nr",
    "num",
    "number",
    "zip",
    "postcode",
    "phone",
    "sku",
    "ean",
    "isbn",
    "uid",
    "flight",
    "time",
    "date",
    "timestamp",
    "ts",
    "epoch",
    "at",
    "index",
    "rank",
    "version",
    "tz",
    "zipcode",
    "uuid",
    "guid",
    "barcode",
    "upc",
    "gtin",
];

/// What has numbers, where these are written in one word with it: `customerid`.
const NUMBERED: &[&str] = &[
    "user",
    "customer",
    "client",
    "member",
    "employee",
    "patient",
    "student",
    "account",
    "order",
    "product",
    "item",
    "invoice",
    "transaction",
    "session",
    "device",
    "event",
    "store",
    "trip",
    "vehicle",
];

/// Parts of a calendar or of a clock. There are as many of them as there are, whatever the rows say.
const PARTS_OF_TIME: &[&str] =
    &["year", "quarter", "month", "week", "day", "weekday", "hour", "minute", "second", "dayofweek", "dayofmonth", "dayofyear", "weekofyear", "dow", "doy"];

/// Words behind them that say how they are written: `week_number`, `month_name`.
const SPELLINGS: &[&str] = &["number", "no", "nr", "num", "name"];

/// Where something is.
const COORDINATES: &[&str] = &["lat", "lon", "lng", "latitude", "longitude"];

/// Numbers whose sum means nothing.
const NOT_ADDITIVE: &[&str] = &[
    "price",
    "rate",
    "ratio",
    "share",
    "percent",
    "percentage",
    "fraction",
    "pct",
    "proportion",
    "probability",
    "temp",
    "temperature",
    "dewp",
    "humid",
    "pressure",
    "speed",
    "gust",
    "dir",
    "visib",
    "score",
    "age",
    "alt",
    "altitude",
];

/// Parts of a whole, where they lie between 0 and 1.
const SHARES: &[&str] = &["rate", "ratio", "share", "percent", "percentage", "pct", "fraction", "proportion", "probability"];

/// Numbers that measure, by the last word; words for several of something do so too.
const QUANTITIES: &[&str] = &[
    "n",
    "ms",
    "kg",
    "km",
    "eur",
    "usd",
    "amount",
    "area",
    "balance",
    "budget",
    "capacity",
    "cost",
    "delay",
    "depth",
    "discount",
    "distance",
    "duration",
    "fee",
    "goal",
    "height",
    "income",
    "latency",
    "length",
    "margin",
    "mileage",
    "population",
    "power",
    "precip",
    "profit",
    "qty",
    "quantity",
    "refund",
    "revenue",
    "salary",
    "size",
    "stock",
    "target",
    "tax",
    "tip",
    "value",
    "volume",
    "wage",
    "wait",
    "weight",
    "width",
];

/// Numbers that measure, by any word.
const COUNTING: &[&str] = &["total", "sum", "count", "num", "avg", "average", "mean", "median", "min", "max"];

/// Numbers that sort rows, where there are few different ones, by the last word.
const CATEGORIES: &[&str] = &["status", "state", "type", "kind", "class", "category", "group", "level", "tier", "region", "zone", "store", "shop", "gender", "sex"];

/// First words of what is so or is not.
const ASKING: &[&str] = &["is", "has", "was", "had", "can"];

/// Texts that point to something, however long they are.
const POINTING: &[&str] = &["url", "uri", "link", "path", "email", "hash", "token"];

/// What the values of a column were seen to be. Answers, and only to questions that are asked here: what passes from the rows
/// of a dataset to its model is no more than these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traits {
    /// The same in every row.
    pub constant: bool,
    /// 0 or 1, and both.
    pub zero_or_one: bool,
    /// There in every row, none twice, and counted up or all equally long: numbers that were given out.
    pub numbered: bool,
    /// Years, or days such as 20130131.
    pub calendar: bool,
    /// Few different ones among many.
    pub few: bool,
    /// Fractions from 0 to 1.
    pub fraction: bool,
    /// Could say how long something takes, and are not what a clock shows (1745).
    pub lasting: bool,
    /// Long texts, hardly one of them twice.
    pub prose: bool,
}

/// What is to be made of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A key, a code, a category: rows are told apart by it and it is counted, never computed with.
    Name,
    /// A part of a time, such as a month: rows are told apart by it, and how many there are says nothing.
    PartOfTime,
    /// 0 or 1: how many, and which part.
    Flag,
    /// A part of a whole, from 0 to 1.
    Share,
    /// A number whose sum means nothing.
    Level,
    /// A number that adds up.
    Amount,
    /// Something to group by and nothing more: a time, a place, a text to read, what is always the same.
    Bare,
}

/// The role of a column.
pub(crate) fn role(words: &Words, column_type: ColumnType, seen: Traits) -> Role {
    match column_type {
        ColumnType::Integer => role_of_whole(words, seen),
        ColumnType::Float => role_of_real(words, seen),
        ColumnType::String if words.tell_part_of_time() => Role::PartOfTime,
        ColumnType::String if words.name_something() => Role::Name,
        ColumnType::String if seen.constant || (seen.prose && !words.end_with(POINTING)) => Role::Bare,
        ColumnType::String => Role::Name,
        _ => Role::Bare,
    }
}

fn role_of_whole(words: &Words, seen: Traits) -> Role {
    if words.relate() {
        return Role::Level;
    }
    if words.tell_part_of_time() {
        return Role::PartOfTime;
    }
    if words.locate() {
        return Role::Bare;
    }
    if words.name_something() {
        return if words.may_last() && seen.lasting { Role::Level } else { Role::Name };
    }
    if words.end_with(NOT_ADDITIVE) {
        return Role::Level;
    }
    if seen.zero_or_one && (words.ask() || !words.measure()) {
        return Role::Flag;
    }
    if words.measure() {
        return Role::Amount;
    }
    // The name says nothing from here on. A dataset that begins with one year will have others: it is no constant.
    if seen.calendar || seen.numbered || (seen.few && words.end_with(CATEGORIES)) {
        Role::Name
    } else if seen.constant {
        Role::Bare
    } else {
        Role::Amount
    }
}

fn role_of_real(words: &Words, seen: Traits) -> Role {
    if words.relate() {
        return Role::Level;
    }
    if words.tell_part_of_time() || words.locate() {
        return Role::Bare;
    }
    if words.name_something() {
        return if words.may_last() && seen.lasting { Role::Level } else { Role::Bare };
    }
    if words.end_with(SHARES) && seen.fraction {
        Role::Share
    } else if words.end_with(NOT_ADDITIVE) {
        Role::Level
    } else if seen.constant && !words.measure() {
        Role::Bare
    } else {
        Role::Amount
    }
}

/// The words of a name, in small letters: `unit_price`, `unit price` and `unitPrice` have two.
#[derive(Debug)]
pub(crate) struct Words(Vec<String>);

impl Words {
    pub(crate) fn of(name: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut before = ' ';
        for character in name.chars() {
            let goes_on = before.is_alphanumeric() && !(before.is_lowercase() && character.is_uppercase());
            before = character;
            if !character.is_alphanumeric() {
                continue;
            }
            match words.last_mut() {
                Some(word) if goes_on => word.extend(character.to_lowercase()),
                _ => words.push(character.to_lowercase().collect()),
            }
        }
        Self(words)
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0
    }

    /// The last one, which says what the others are about.
    pub(crate) fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// Whether the last one is in a list.
    pub(crate) fn end_with(&self, list: &[&str]) -> bool {
        list.contains(&self.last())
    }

    /// Whether one of them is in a list.
    pub(crate) fn any_of(&self, list: &[&str]) -> bool {
        self.0.iter().any(|word| list.contains(&word.as_str()))
    }

    fn begin_with(&self, list: &[&str]) -> bool {
        self.0.first().is_some_and(|word| list.contains(&word.as_str()))
    }

    fn name_something(&self) -> bool {
        let is_number = self.last().strip_suffix("id").is_some_and(|of| NUMBERED.contains(&of));
        self.end_with(CODES) || self.begin_with(&["id"]) || is_number
    }

    /// `order_month`, `week_number`.
    fn tell_part_of_time(&self) -> bool {
        let mut words = self.0.iter().rev().map(String::as_str).skip_while(|word| SPELLINGS.contains(word));
        words.next().is_some_and(|word| PARTS_OF_TIME.contains(&word))
    }

    /// `lat`, `latitude_deg`; not what counts or measures such.
    fn locate(&self) -> bool {
        self.any_of(COORDINATES) && !self.measure()
    }

    /// `sales_per_day`.
    fn relate(&self) -> bool {
        self.0.iter().skip(1).any(|word| word == "per")
    }

    /// `air_time`, `dep_time`: how long, or what a clock shows.
    fn may_last(&self) -> bool {
        self.0.len() > 1 && self.last() == "time"
    }

    /// `is_late`, `has_children`.
    fn ask(&self) -> bool {
        self.0.len() > 1 && self.begin_with(ASKING)
    }

    fn measure(&self) -> bool {
        let last = self.last();
        let are_several = last.len() > 2 && last.ends_with('s') && !["ss", "us", "is"].iter().any(|ending| last.ends_with(*ending));
        are_several || self.end_with(QUANTITIES) || self.any_of(COUNTING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Traits = Traits { constant: false, zero_or_one: false, numbered: false, calendar: false, few: false, fraction: false, lasting: false, prose: false };
    const EVERYTHING: Traits = Traits { constant: true, zero_or_one: true, numbered: true, calendar: true, few: true, fraction: true, lasting: true, prose: true };

    fn roles(column_type: ColumnType, names: &[&str], seen: Traits) -> Vec<Role> {
        names.iter().map(|name| role(&Words::of(name), column_type, seen)).collect()
    }

    #[test]
    fn names_are_words_however_they_are_written() {
        for (name, words) in [
            ("unit_price", vec!["unit", "price"]),
            ("unitPrice", vec!["unit", "price"]),
            ("Unit Price (EUR)", vec!["unit", "price", "eur"]),
            ("customerID", vec!["customer", "id"]),
            ("address.geo.lat", vec!["address", "geo", "lat"]),
            ("größeÜber", vec!["größe", "über"]),
            ("_", vec![]),
        ] {
            assert_eq!(Words::of(name).0, words, "{name}");
        }
        assert_eq!(Words::of("").last(), "");
    }

    #[test]
    fn a_name_that_is_clear_wins() {
        for seen in [NOTHING, EVERYTHING] {
            let of = |column_type, names: &[&str]| roles(column_type, names, seen);
            assert_eq!(of(ColumnType::Integer, &["id", "customerId", "customerid", "id_customer", "time", "created_at", "zipcode"]), [Role::Name; 7]);
            assert_eq!(of(ColumnType::Integer, &["year", "order_month", "dayOfWeek", "week_number", "weekofyear", "hour"]), [Role::PartOfTime; 6]);
            assert_eq!(of(ColumnType::String, &["weekday", "month name"]), [Role::PartOfTime; 2]);
            assert_eq!(of(ColumnType::Integer, &["price", "dewp", "wind_dir", "success_rate", "percentage", "rows_per_hour"]), [Role::Level; 6]);
            assert_eq!(of(ColumnType::Integer, &["latitude", "lon_e7"]), [Role::Bare; 2]);
            assert_eq!(of(ColumnType::Float, &["lat", "home_longitude", "latitude_deg", "user_id", "year"]), [Role::Bare; 5]);
            assert_eq!(of(ColumnType::Float, &["unit_price", "temp", "sales_per_day"]), [Role::Level; 3]);
            assert_eq!(of(ColumnType::Float, &["amount", "distance", "total_paid"]), [Role::Amount; 3]);
            assert_eq!(of(ColumnType::String, &["zip", "order number"]), [Role::Name; 2]);
            assert_eq!(of(ColumnType::Integer, &["amount", "dep_delay", "seats", "order_count", "num_likes", "n", "duration_ms", "days", "lat_count"]), [Role::Amount; 9]);
            assert_eq!(of(ColumnType::Timestamp, &["at", "amount"]), [Role::Bare; 2]);
        }
    }

    #[test]
    fn names_that_say_nothing_go_by_values() {
        let seen = |change: fn(&mut Traits)| {
            let mut seen = NOTHING;
            change(&mut seen);
            seen
        };
        let (numbered, constant) = (seen(|seen| seen.numbered = true), seen(|seen| seen.constant = true));
        let (flag, calendar) = (seen(|seen| seen.zero_or_one = true), seen(|seen| seen.calendar = true));
        let (few, fraction) = (seen(|seen| seen.few = true), seen(|seen| seen.fraction = true));
        let (lasting, prose) = (seen(|seen| seen.lasting = true), seen(|seen| seen.prose = true));
        for (name, column_type, seen, expected) in [
            ("ticket", ColumnType::Integer, NOTHING, Role::Amount),
            ("ticket", ColumnType::Integer, numbered, Role::Name),
            ("vintage", ColumnType::Integer, calendar, Role::Name),
            ("vintage", ColumnType::Integer, Traits { constant: true, ..calendar }, Role::Name),
            ("lane", ColumnType::Integer, constant, Role::Bare),
            ("lane", ColumnType::Float, constant, Role::Bare),
            ("lane", ColumnType::String, constant, Role::Bare),
            ("express", ColumnType::Integer, flag, Role::Flag),
            ("has_children", ColumnType::Integer, flag, Role::Flag),
            ("has_children", ColumnType::Integer, NOTHING, Role::Amount),
            ("children_count", ColumnType::Integer, flag, Role::Amount),
            ("order_status", ColumnType::Integer, few, Role::Name),
            ("order_status", ColumnType::Integer, NOTHING, Role::Amount),
            ("satisfaction", ColumnType::Integer, few, Role::Amount),
            ("conversion_rate", ColumnType::Float, fraction, Role::Share),
            ("market_share", ColumnType::Float, fraction, Role::Share),
            ("market_share", ColumnType::Float, NOTHING, Role::Level),
            ("conversion_rate", ColumnType::Float, NOTHING, Role::Level),
            ("brightness", ColumnType::Float, fraction, Role::Amount),
            ("air_time", ColumnType::Integer, lasting, Role::Level),
            ("response_time", ColumnType::Float, lasting, Role::Level),
            ("dep_time", ColumnType::Integer, NOTHING, Role::Name),
            ("time", ColumnType::Integer, lasting, Role::Name),
            ("remark", ColumnType::String, prose, Role::Bare),
            ("remark", ColumnType::String, NOTHING, Role::Name),
            ("page_url", ColumnType::String, prose, Role::Name),
        ] {
            assert_eq!(role(&Words::of(name), column_type, seen), expected, "{name} {seen:?}");
        }
    }
}
