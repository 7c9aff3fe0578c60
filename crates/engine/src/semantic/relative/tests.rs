//! All spellings of a range, and what is none.

use chrono::Utc;

use super::*;
use crate::semantic::business::BusinessDays;
use crate::semantic::calendar::Calendar;
use crate::semantic::date::{self, Range, Reference};

fn read(text: &str) -> DateRange {
    match text.split_once(',') {
        Some((from, to)) => DateRange::Between([from.to_owned(), to.to_owned()]),
        None => DateRange::Named(text.to_owned()),
    }
}

/// What a range comes to where days, months and hours are of all kinds.
fn resolved(range: &DateRange, seconds: i64) -> Vec<Option<Range>> {
    let calendars = ["UTC", "America/New_York days-6", "Pacific/Apia weeks-Sun", "Australia/Lord_Howe years-4", "America/Sao_Paulo years-7 days-23"];
    // Samoa left the 30th of December 2011 out.
    let nows = [seconds, 1_325_203_200, 1_325_289_600, 1_362_899_000, 1_365_262_200, 1_382_236_200, 951_782_399];
    let at = |seconds: i64| DateTime::from_timestamp(seconds, 7_000).unwrap();
    let references = calendars.iter().flat_map(|calendar| nows.map(|now| (calendar.parse::<Calendar>().unwrap(), at(now), Some(at(now - 50_000)))));
    let references = references.chain([("UTC".parse::<Calendar>().unwrap(), at(seconds), None::<DateTime<Utc>>)]);
    references
        .map(|(calendar, now, latest)| date::resolve(range, &Reference { now, latest, calendar, business: BusinessDays::default() }).ok())
        .collect()
}

#[test]
fn what_means_the_same_is_one_text() {
    for (canonical, spellings) in [
        ("all", " all "),
        ("today", "This  Day|now/d to now/d|now/d,now/d|\tTODAY"),
        ("this month", "this months|now/M to now/M"),
        ("yesterday", "Yesterday|last day|last 1 days|last +01 day"),
        ("last month", "last 1 month|LAST MONTHS"),
        ("last 7 days", "last 007 day| last\t7  Days "),
        ("last week", "last 1 weeks"),
        ("last business day", "last business days|last 1 Business Day"),
        ("last 5 business days", "last 5 business day"),
        ("from 7 days ago to now", "now-7d to now|now-7d,now|from 1 week ago to now|now-1w to now"),
        ("from 1 day ago to now", "From 1 Days Ago To Now|now-1d to now"),
        ("from 1 hour ago to now", "from 3600 seconds ago to now|now-60m to now|now-1h,now"),
        ("from 90 minutes ago to now", "now-5400s to now"),
        ("from 24 hours ago to now", "now-24h to now|from 1440 minutes ago to now"),
        ("from 1 year ago to now", "from 4 quarters ago to now|now-12M to now|now-1y to now"),
        ("from 3 months ago to now", "from 1 quarter ago to now|now-1Q to now"),
        ("from 100000 weeks ago to now", "now-100000w to now"),
        ("from 1 business day ago to now", "from 1 business days ago to now|now-1bd to now"),
        ("now-7d/d to now", "now-1w/d to now|now-07d/d , now"),
        ("now-3M/Q to now+1y/M", "now-1Q/Q to now+12M/M"),
        ("now-3bd/d to now-2bd/d", "now-3bd/d,now-2bd/d"),
        ("now/d to now", "now/d,now"),
        ("now to now", "now,now"),
        ("now-1d/d to now-1d/d", "now-1d/d,now-1d/d"),
        ("last day of data", "today of data|last 1 days of data|this day of data|now/d to now/d of data"),
        ("last month of data", "this month of data|last 1 months of data|now/M to now/M  of data"),
        ("yesterday of data", "Yesterday of data"),
        ("last 30 days of data", "Last 30 day of data"),
        ("last 2 business days of data", "last 2 business day of data"),
        ("from 1 hour ago to now of data", "now-60m to now of data"),
        ("2013-01-31", "2013-1-31|2013-01-31,2013-01-31|2013-01-31 to 2013-01-31"),
        ("2013-01-01 to 2013-06-30", "2013-01-01,2013-06-30"),
        ("2024-01-01 to now", "2024-01-01,now|2024-1-1  to  now"),
        ("2024-01-01 to now/d", "2024-01-01, now/d"),
        ("now-7d/d to 2024-12-31", "now-1w/d,2024-12-31"),
        ("2024-01-01T10:00:00 to now of data", "2024-01-01 10:00 to now of data"),
        ("2013-01-31T10:00:00", "2013-01-31 10:00|2013-01-31T10:00:00.000|2013-01-31T10:00:00.0000009"),
        ("2013-01-31T10:00:00.50", "2013-01-31 10:00:00.50"),
        ("2013-01-31T10:00:00Z", "2013-01-31T11:00:00+01:00|2013-01-31T10:00:00.00Z"),
        ("2013-01-31T10:00:00.250Z", "2013-01-31T15:30:00.250+05:30"),
        ("2013-01-31T10:00:00.123456Z", "2013-01-31T10:00:00.123456789Z"),
        ("9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.0-23:59"),
    ] {
        assert_eq!(read(canonical).canonical().unwrap(), canonical);
        for spelling in spellings.split('|') {
            assert_eq!(read(spelling).canonical().unwrap(), canonical, "{spelling}");
            assert_eq!(resolved(&read(spelling), 1_363_273_766), resolved(&read(canonical), 1_363_273_766), "{spelling}");
        }
    }
}

#[test]
fn nothing_else_is_a_range() {
    for text in [
        "",
        "to",
        "now",
        "now-7d",
        "All",
        "ALL",
        "all of data",
        "next week",
        "5 days",
        "last 0 days",
        "last -1 days",
        "last 100001 days",
        "last 10001 business days",
        "last days ago",
        "this business day",
        "Now-7d to now",
        "now-7D to now",
        "now - 7d to now",
        "now-7d/D to now",
        "now-1d/bd to now",
        "now-0d to now",
        "now7d to now",
        "now-7d TO now",
        "now-7d to",
        "today to now",
        "yesterday,today",
        "all,now",
        "now to now to now",
        "now of data,now",
        "last 7 days Of Data",
        "last 7 days\tof data",
        "last 7 days of data of data",
        "2013-01-31 of data",
        "2013-01-01 to 2013-01-31 of data",
        "2013-01-01,2013-01-31 of data",
        "2013-02-30",
        "from 7 days ago",
        "from 7 days ago to today",
    ] {
        let error = read(text).canonical().unwrap_err();
        assert!(error.message().contains("write "), "{text}: {error}");
        assert!(read(text).follows_clock() && read(text).relative().is_none(), "{text}");
    }
}

#[test]
fn what_is_relative_is_told() {
    for (text, relative, follows_clock, follows_data, business) in [
        ("all", false, false, false, false),
        ("2013-01-31", false, false, false, false),
        ("2013-01-01 to 2013-01-31", false, false, false, false),
        ("2013-01-01,now", true, true, false, false),
        ("now-3bd/d to 2013-01-31", true, true, false, true),
        ("last 7 days", true, true, false, false),
        (" last 7 days of data ", true, false, true, false),
        ("from 2 business days ago to now of data", true, false, true, true),
        ("last business day", true, true, false, true),
    ] {
        let range = read(text);
        assert_eq!(range.relative().is_some(), relative, "{text}");
        assert_eq!((range.follows_clock(), range.follows_data(), range.counts_business_days()), (follows_clock, follows_data, business), "{text}");
    }
    // A condition may name an end alone, and one that is not about dates nothing else.
    assert!(Written::of_value(" now-3bd/d").is_some_and(Written::counts_business_days));
    assert_eq!((Written::of_value("nowhere"), Written::of_end("today")), (None, None));
    assert_eq!(Written::of_value("today"), Written::of_value("now/d"));
}

/// Choices, one after another.
struct Choices(std::vec::IntoIter<usize>);

impl Choices {
    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.0.next().unwrap_or_default() % list.len()]
    }

    fn end(&mut self) -> String {
        let absolute =
            self.of(&["2013-03-10", "2013-3-1", "2011-12-30 12:00", "2013-03-10T02:30:00.5", "2013-01-31T10:00:00.250+05:30", "2013-11-03T01:30", "9999-12-31T23:59:60-01:00"]);
        let counted = format!("{}{}{}", self.of(&["-", "+"]), self.of(&[1, 2, 4, 7, 12, 24, 60, 3_600, 100_000]), self.of(&["s", "m", "h", "d", "w", "M", "Q", "y", "bd"]));
        let (offset, rounded) = (self.of(&["", counted.as_str(), counted.as_str()]), self.of(&["", "", "/s", "/h", "/d", "/w", "/M", "/Q", "/y"]));
        let now = format!("now{offset}{rounded}");
        let spaced = format!(" {now} ");
        self.of(&[now.as_str(), spaced.as_str(), absolute]).to_owned()
    }

    fn range(&mut self) -> DateRange {
        let unit = self.of(&["second", "minutes", "Hour", "day", "weeks", "month", "Quarters", "year", "business days"]);
        let count = self.of(&["", "1 ", "01 ", "2 ", "4 ", "7 ", "12  ", "60 ", "3600 ", "100000 "]);
        let (from, to, data) = (self.end(), self.end(), self.of(&["", "", " of data"]));
        let text = match self.of(&[0, 1, 2, 3, 4, 5, 5, 6, 6]) {
            0 => self.of(&["all", "today", "Yesterday", "2013-03-10"]).to_owned(),
            1 => format!("this {unit}"),
            2 => format!("last {count}{unit}"),
            3 => format!("From {count}{unit} ago to now"),
            4 => format!("{from} to {from}"),
            5 => format!("{from} to {to}"),
            _ => return DateRange::Between([from, to]),
        };
        DateRange::Named(format!("{text}{data}"))
    }
}

proptest::proptest! {
    #[test]
    fn canonical_text_is_its_own_and_comes_to_the_same(choices in proptest::collection::vec(0_usize..100_000, 24), seconds in 1_200_000_000_i64..1_500_000_000) {
        let range = Choices(choices.into_iter()).range();
        let Ok(canonical) = range.canonical() else {
            proptest::prop_assert!(resolved(&range, seconds).iter().all(Option::is_none), "{:?}", range);
            return Ok(());
        };
        let written = DateRange::Named(canonical.clone());
        proptest::prop_assert_eq!(written.canonical().ok(), Some(canonical));
        proptest::prop_assert_eq!(resolved(&written, seconds), resolved(&range, seconds), "{:?} {:?}", range, written);
    }
}
