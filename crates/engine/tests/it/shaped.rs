//! What stands around an answer: totals, the greatest values with the others, filled buckets, columns of values, plain rows. Each
//! number equals the same question asked alone, and what has no right answer is refused at its field.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, ErrorKind, Limits, Mill, Scope, TenantId};

use crate::composed::{change, rows, shops};
use crate::live::next;
use crate::ward::Ward;

async fn ask(mill: &Mill, value: &Value) -> Value {
    mill.query(&serde_json::from_value(value.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{error}: {value}")).to_json()
}

async fn refused(mill: &Mill, value: Value) -> (String, String) {
    match mill.query(&serde_json::from_value(value.clone()).unwrap()).await {
        Ok(answer) => panic!("{value} was answered: {}", answer.to_json()),
        Err(error) => (error.field().unwrap_or_default().to_owned(), error.message().to_owned()),
    }
}

/// A question with parts put in.
fn with(question: &Value, parts: &Value) -> Value {
    let mut question = question.clone();
    question.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    question
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_the_same_question_by_fewer_groups() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let asked = json!({
            "measures": ["orders.revenue", "orders.mean", "orders.buyers", "returns.sum_refund", "orders.place", "orders.so_far", "orders.growth"],
            "dimensions": ["customers.country"],
            "timeDimensions": [{"dimension": "orders.at", "granularity": "month"}]
        });
        let answer = ask(mill, &with(&asked, &json!({"totals": true}))).await;
        assert_eq!(answer["data"], ask(mill, &asked).await["data"], "totals change nothing of the answer");
        let totals = answer["totals"].as_array().unwrap();
        let by: Vec<&Value> = totals.iter().map(|total| &total["by"]).collect();
        assert_eq!(by, [&json!([]), &json!(["orders.at"])]);
        // A place, and what is counted from bucket to bucket, mean nothing without the groups.
        let alone = json!({"measures": ["orders.revenue", "orders.mean", "orders.buyers", "returns.sum_refund"]});
        assert_eq!(totals[0]["data"], json!([[280], [40.0], [4], [18]]));
        assert_eq!(totals[0]["data"], ask(mill, &alone).await["data"]);
        let months = json!({
            "measures": ["orders.revenue", "orders.mean", "orders.buyers", "returns.sum_refund", "orders.so_far", "orders.growth"],
            "timeDimensions": [{"dimension": "orders.at", "granularity": "month"}]
        });
        assert_eq!((&totals[1]["data"], &totals[1]["columns"]), (&ask(mill, &months).await["data"], &ask(mill, &months).await["columns"]));
        // Where no measure has a total there is one with nothing in it.
        let place = json!({"measures": ["orders.place"], "dimensions": ["customers.country"], "totals": true});
        assert_eq!(ask(mill, &place).await["totals"], json!([{"by": [], "columns": [], "data": [], "row_count": 0, "truncated": false, "bounds": []}]));
        // Those that are named, in the order in which they are named.
        let named = with(&asked, &json!({"totals": [["customers.country"], []], "limit": 1, "offset": 1}));
        let answer = ask(mill, &named).await;
        assert_eq!(answer["totals"].as_array().unwrap().len(), 2);
        assert_eq!(answer["totals"][1]["data"], json!([[280], [40.0], [4], [18]]));
        let countries = json!({"measures": ["orders.revenue", "orders.mean", "orders.buyers", "returns.sum_refund"], "dimensions": ["customers.country"]});
        assert_eq!(answer["totals"][0]["data"], ask(mill, &countries).await["data"], "a page has the totals of everything");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greatest_values_are_told_apart_and_the_others_are_one_group() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let asked = json!({"measures": ["orders.revenue", "orders.share", "orders.buyers"], "dimensions": ["customers.country"]});
        let top = |limit: usize| json!({"top": {"dimension": "customers.country", "limit": limit, "others": true}});
        // Rows without a country are a value too, and here the greatest one. Shares stay shares of everything.
        let answer = ask(mill, &with(&asked, &top(1))).await;
        assert_eq!(answer["data"], json!([[null], [130], [130.0 / 280.0], [1]]));
        assert_eq!((&answer["others"]["by"], &answer["others"]["data"]), (&json!([]), &json!([[150], [150.0 / 280.0], [3]])));
        let answer = ask(mill, &with(&asked, &top(2))).await;
        assert_eq!(answer["data"][0], json!([null, "IT"]));
        assert_eq!(answer["others"]["data"], json!([[30], [30.0 / 280.0], [1]]));
        // In a file they are rows that say what they are, unless a limit cut what they stand beside.
        let buyers = json!({"measures": ["orders.buyers"], "dimensions": ["customers.country"]});
        let written = async |top: Value| mill.query(&serde_json::from_value(with(&buyers, &top)).unwrap()).await.unwrap().to_csv().unwrap();
        let by = |limit: usize| json!({"top": {"dimension": "customers.country", "limit": limit, "by": "orders.revenue", "others": true}});
        let header = "customers.country,orders.buyers,is_other\r\n";
        assert_eq!(written(by(1)).await, format!("{header},1,false\r\nOther,3,true\r\n"));
        assert_eq!(written(with(&by(2), &json!({"limit": 1}))).await.lines().count(), 2);
        assert!(!written(by(3)).await.contains("true"));
        // There are no others, which is not the same as others with nothing.
        let answer = ask(mill, &with(&asked, &top(3))).await;
        assert_eq!((&answer["data"][1], &answer["others"]["data"]), (&json!([130, 120, 30]), &json!([[], [], []])));

        // By another measure, even of another model: countries without a refund come last.
        let by_refund = json!({"top": {"dimension": "customers.country", "limit": 1, "by": "returns.sum_refund", "others": true}});
        let answer = ask(mill, &with(&asked, &by_refund)).await;
        assert_eq!((&answer["data"][0], &answer["others"]["data"][0]), (&json!(["IT"]), &json!([160])));
        let read: Vec<&Value> = answer["provenance"]["sources"].as_array().unwrap().iter().map(|source| &source["dataset"]).collect();
        assert_eq!(read, ["customers", "orders", "returns"], "what decided is told too");

        // Nothing was ordered in April, but there is what was a month before: it is one value all the same.
        let april = json!({
            "measures": ["orders.revenue", "orders.month_before"], "dimensions": ["customers.country"],
            "timeDimensions": [{"dimension": "orders.at", "dateRange": ["2024-04-01", "2024-04-30"]}], "top": {"dimension": "customers.country", "limit": 1, "others": true}
        });
        let answer = ask(mill, &april).await;
        assert_eq!((&answer["data"], &answer["others"]["data"]), (&json!([["IT"], [null], [50]]), &json!([[null], [130]])));

        // Bucket by bucket, with the same values in all of them, and totals on both sides.
        let by_month = with(
            &asked,
            &json!({
                "measures": ["orders.revenue"],
                "timeDimensions": [{"dimension": "orders.at", "granularity": "month"}],
                "top": {"dimension": "customers.country", "limit": 1, "by": "orders.count", "others": true},
                "totals": [["customers.country"], ["orders.at"], []]
            }),
        );
        let answer = ask(mill, &by_month).await;
        assert_eq!(answer["data"], json!([["2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"], ["IT", "IT"], [70, 50]]));
        assert_eq!(answer["others"]["data"], json!([["2024-01-01T00:00:00Z", "2024-03-01T00:00:00Z"], [30, 130]]));
        let totals: Vec<Value> = answer["totals"].as_array().unwrap().iter().map(|total| json!([total["by"], total["others"], total["data"]])).collect();
        assert_eq!(
            totals,
            [
                json!([["customers.country"], null, [["IT"], [120]]]),
                json!([[], true, [[160]]]),
                json!([["orders.at"], null, [["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"], [30, 70, 180]]]),
                json!([[], null, [[280]]]),
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_among_the_greatest_is_everything_else() {
    let ward = Ward::new().await;
    let rows: String = (0..500).map(|row| format!("{},{},{}\n", row % 23, row % 7, row)).collect();
    ward.mill.load("events", Csv::bytes(format!("kind,place,amount\n{rows}"))).await.unwrap();
    for limit in [1, 5, 22, 23, 40] {
        let asked = json!({
            "measures": ["events.sum_amount", "events.count"], "dimensions": ["events.place", "events.kind"],
            "top": {"dimension": "events.kind", "limit": limit, "others": true}
        });
        let answer = ask(&ward.mill, &asked).await;
        let sum = |values: &Value| values.as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).sum::<i64>();
        let kinds: std::collections::BTreeSet<i64> = answer["data"][1].as_array().unwrap().iter().map(|kind| kind.as_i64().unwrap()).collect();
        assert_eq!(kinds.len(), limit.min(23));
        assert_eq!(sum(&answer["data"][2]) + sum(&answer["others"]["data"][1]), (0..500).sum::<i64>(), "{limit}");
        assert_eq!(sum(&answer["data"][3]) + sum(&answer["others"]["data"][2]), 500, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_without_rows_are_filled_in() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("visits", Csv::bytes("at,page,seconds\n2013-01-02T10:00:00Z,home,5\n2013-01-05T10:00:00Z,home,7\n2013-01-05T11:00:00Z,help,9\n"))
        .await
        .unwrap();
    let asked = |fill: &str, range: Value| {
        json!({
            "measures": ["visits.count", "visits.sum_seconds", "visits.avg_seconds"],
            "timeDimensions": [{"dimension": "visits.at", "granularity": "day", "dateRange": range, "fill": fill}]
        })
    };
    change(
        mill,
        "visits",
        json!({"measures": [
            {"name": "count", "label": "Visits", "kind": "count"},
            {"name": "sum_seconds", "label": "Seconds", "kind": "sum", "column": "seconds"},
            {"name": "avg_seconds", "label": "Mean", "kind": "avg", "column": "seconds"},
            {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "count"}
        ]}),
    )
    .await;
    for (fill, expected) in [
        ("zero", json!([[1, 0, 0, 2], [5, 0, 0, 16], [5.0, null, null, 8.0]])),
        ("null", json!([[1, null, null, 2], [5, null, null, 16], [5.0, null, null, 8.0]])),
        ("previous", json!([[1, 1, 1, 2], [5, 5, 5, 16], [5.0, 5.0, 5.0, 8.0]])),
    ] {
        let data = ask(mill, &asked(fill, json!("all"))).await["data"].clone();
        assert_eq!(json!([data[1], data[2], data[3]]), expected, "{fill}");
    }
    // To the ends of the range that is asked for; there is nothing after now, which is the 15th of January 2014.
    let year = ask(mill, &asked("zero", json!(["2013-01-01", "2013-12-31"]))).await;
    assert_eq!((&year["row_count"], &year["provenance"]["total_rows"]), (&json!(365), &json!(365)));
    // Of several ranges of the time it is what lies in all of them: the others are not without rows, they were not asked for.
    for own in [json!(["2013-01-01", "2013-12-31"]), Value::Null] {
        let mut narrowed = asked("zero", own.clone());
        narrowed["timeDimensions"].as_array_mut().unwrap().push(json!({"dimension": "visits.at", "dateRange": ["2013-01-02", "2013-01-04"]}));
        assert_eq!(ask(mill, &narrowed).await["data"][1], json!([1, 0, 0]), "{own}");
    }
    let month = with(&asked("zero", json!("from 30 days ago to now")), &json!({}));
    let days = ask(mill, &month).await;
    assert_eq!(days["data"][0].as_array().unwrap().last().unwrap(), &json!("2014-01-15T00:00:00Z"));
    assert!(days["data"][1].as_array().unwrap().iter().all(|count| *count == 0));
    // Each group has every bucket, in the order that is asked for, page by page; the others and totals are filled too.
    let grouped = with(
        &asked("zero", json!("all")),
        &json!({
            "measures": ["visits.count"], "dimensions": ["visits.page"], "order": [["visits.page", "desc"]], "limit": 3, "offset": 3,
            "top": {"dimension": "visits.page", "limit": 5, "others": true}, "totals": [["visits.at"]]
        }),
    );
    let answer = ask(mill, &grouped).await;
    assert_eq!(answer["data"][1], json!(["home", "help", "help"]));
    assert_eq!(answer["data"][2], json!([1, 0, 0]));
    assert_eq!((&answer["provenance"]["total_rows"], &answer["provenance"]["truncated"]), (&json!(8), &json!(true)));
    assert_eq!(answer["totals"][0]["data"][1], json!([1, 0, 0, 2]));
    assert_eq!(answer["others"]["data"], json!([[], []]), "there are no others, so no bucket has zero of them");
    // What the conditions of a measure leave out counts as nothing, too.
    let [shop, _] = shops(&ward).await;
    let paid =
        json!({"measures": ["orders.paid"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "dateRange": ["2024-01-19", "2024-01-21"], "fill": "zero"}]});
    assert_eq!(ask(&shop, &paid).await["data"][1], json!([0, 0]));
    // What is cumulative goes on, and does not fall to zero.
    let so_far = json!({"measures": ["visits.so_far"], "timeDimensions": [{"dimension": "visits.at", "granularity": "day", "fill": "zero"}]});
    assert_eq!(ask(mill, &so_far).await["data"][1], json!([1, 1, 1, 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cumulative_goes_on_from_before_the_range_and_begins_with_nothing() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    let rows = "at,page,seconds\n2013-01-02T10:00:00Z,home,5\n2013-01-02T11:00:00Z,home,\n2013-01-05T10:00:00Z,help,9\n,home,100\n";
    mill.load("visits", Csv::bytes(rows)).await.unwrap();
    change(
        mill,
        "visits",
        json!({"measures": [
            {"name": "count", "label": "Visits", "kind": "count"},
            {"name": "sum_seconds", "label": "Seconds", "kind": "sum", "column": "seconds"},
            {"name": "pages", "label": "Pages", "kind": "count_distinct", "column": "page"},
            {"name": "max_seconds", "label": "Longest", "kind": "max", "column": "seconds"},
            {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "count"},
            {"name": "seconds_so_far", "label": "Seconds so far", "kind": "cumulative", "measure": "sum_seconds"},
            {"name": "pages_so_far", "label": "Pages so far", "kind": "cumulative", "measure": "pages"},
            {"name": "longest_so_far", "label": "Longest so far", "kind": "cumulative", "measure": "max_seconds"}
        ]}),
    )
    .await;
    let measures = json!(["visits.so_far", "visits.seconds_so_far", "visits.pages_so_far", "visits.longest_so_far", "visits.count"]);
    for (range, fill, expected) in [
        (["2013-01-03", "2013-01-05"], "zero", json!([[2, 2, 3], [5, 5, 14], [1, 1, 2], [5, 5, 9], [0, 0, 1]])),
        (["2013-01-03", "2013-01-05"], "previous", json!([[2, 2, 3], [5, 5, 14], [1, 1, 2], [5, 5, 9], [null, null, 1]])),
        (["2013-01-03", "2013-01-05"], "null", json!([[null, null, 3], [null, null, 14], [null, null, 2], [null, null, 9], [null, null, 1]])),
        (["2013-01-01", "2013-01-02"], "zero", json!([[0, 2], [0, 5], [0, 1], [null, 5], [0, 2]])),
        (["2013-01-01", "2013-01-02"], "previous", json!([[null, 2], [null, 5], [null, 1], [null, 5], [null, 2]])),
        (["2013-01-07", "2013-01-08"], "zero", json!([[3, 3], [14, 14], [2, 2], [9, 9], [0, 0]])),
    ] {
        let days = json!([{"dimension": "visits.at", "granularity": "day", "dateRange": range, "fill": fill}]);
        let answer = ask(mill, &json!({"measures": measures, "timeDimensions": days})).await;
        assert_eq!(json!(answer["data"].as_array().unwrap()[1..]), expected, "{range:?} {fill}");
        // A group goes on without rows in the range, and has had nothing before its first.
        let by_page = json!({"measures": ["visits.so_far"], "dimensions": ["visits.page"], "timeDimensions": days, "order": [["visits.page", "asc"], ["visits.at", "asc"]]});
        if (range, fill) == (["2013-01-03", "2013-01-05"], "zero") {
            let answer = ask(mill, &by_page).await;
            assert_eq!((&answer["data"][1], &answer["data"][2]), (&json!(["help", "help", "help", "home", "home", "home"]), &json!([0, 0, 1, 2, 2, 2])));
            assert!(mill.verify(&serde_json::from_value(by_page).unwrap()).await.unwrap().equal);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn formulas_of_what_is_cumulative_follow_from_their_parts_in_every_bucket() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("visits", Csv::bytes("at,page,seconds\n2013-01-02T10:00:00Z,home,5\n2013-01-02T11:00:00Z,home,\n2013-01-05T10:00:00Z,help,9\n"))
        .await
        .unwrap();
    mill.load("orders", Csv::bytes("at,n\n2013-01-03T10:00:00Z,7\n")).await.unwrap();
    let count = json!({"name": "count", "label": "Rows", "kind": "count"});
    let so_far = |name: &str, of: &str| json!({"name": name, "label": name, "kind": "cumulative", "measure": of});
    let number = |name: &str, expression: &str| json!({"name": name, "label": name, "kind": "number", "expression": expression});
    change(mill, "orders", json!({"same_as": {"at": "visits.at"}, "measures": [count, so_far("so_far", "count")]})).await;
    change(
        mill,
        "visits",
        json!({"measures": [
            count,
            {"name": "sum_seconds", "label": "Seconds", "kind": "sum", "column": "seconds"},
            {"name": "pages", "label": "Pages", "kind": "count_distinct_approx", "column": "page"},
            so_far("so_far", "count"),
            so_far("seconds_so_far", "sum_seconds"),
            {"name": "mean_so_far", "label": "Mean so far", "kind": "ratio", "measure": "seconds_so_far", "denominator": "so_far"},
            number("before", "{so_far} - {count}"),
            number("twice", "{mean_so_far} * 2"),
            number("with_pages", "{so_far} + {pages}"),
            number("ordered", "coalesce({orders.so_far}, 0) / {so_far}"),
            number("longer", "{sum_seconds} + 1")
        ]}),
    )
    .await;
    let asked = |measures: &[&str], range: Value, fill: &str| {
        let measures: Vec<String> = measures.iter().map(|name| format!("visits.{name}")).collect();
        json!({"measures": measures, "timeDimensions": [{"dimension": "visits.at", "granularity": "day", "dateRange": range, "fill": fill}]})
    };
    let (late, early) = (json!(["2013-01-03", "2013-01-05"]), json!(["2013-01-01", "2013-01-02"]));
    for (range, expected) in [
        (&late, json!([[2.5, 2.5, 14.0 / 3.0], [2, 2, 2], [5.0, 5.0, 14.0 / 3.0 * 2.0], [2, 2, 4], [null, null, 10]])),
        // Before everything there is nothing by which to divide.
        (&early, json!([[null, 2.5], [0, 0], [null, 5.0], [0, 3], [null, 6]])),
    ] {
        let answer = ask(mill, &asked(&["mean_so_far", "before", "twice", "with_pages", "longer"], range.clone(), "zero")).await;
        assert_eq!(json!(answer["data"].as_array().unwrap()[1..]), expected, "{range}");
        assert_eq!(answer["columns"].as_array().unwrap().len(), 6, "parts are not told");
    }
    // Where another model has rows and this one has none, what is cumulative goes on too.
    let both = asked(&["ordered"], json!(["2013-01-02", "2013-01-05"]), "zero");
    assert_eq!(ask(mill, &both).await["data"][1], json!([0.0, 0.5, 0.5, 1.0 / 3.0]));
    assert!(mill.verify(&serde_json::from_value(both).unwrap()).await.unwrap().equal);
    // In the order of what is computed, beside what is asked for itself, by groups and in totals.
    let grouped = with(
        &asked(&["so_far", "mean_so_far"], late.clone(), "zero"),
        &json!({"dimensions": ["visits.page"], "order": [["visits.mean_so_far", "desc"], ["visits.at", "asc"]], "limit": 2, "totals": [["visits.at"]]}),
    );
    let answer = ask(mill, &grouped).await;
    assert_eq!((&answer["data"][1], &answer["data"][3]), (&json!(["help", "home"]), &json!([9.0, 2.5])));
    assert_eq!(answer["totals"][0]["data"][2], json!([2.5, 2.5, 14.0 / 3.0]));
    // Otherwise nothing is computed anew.
    assert_eq!(ask(mill, &asked(&["mean_so_far"], late.clone(), "previous")).await["data"][1], json!([2.5, 2.5, 14.0 / 3.0]));
    assert_eq!(ask(mill, &asked(&["mean_so_far"], late, "null")).await["data"][1], json!([null, null, 14.0 / 3.0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_become_columns() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let answer = ask(
            mill,
            &json!({
                "measures": ["orders.revenue"], "dimensions": ["customers.country", "orders.status"], "pivot": ["orders.status"],
                "order": [["customers.country", "asc"]], "totals": [["orders.status"]]
            }),
        )
        .await;
        let names: Vec<&Value> = answer["columns"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
        assert_eq!(names, [&json!("customers.country"), &json!("open, orders.revenue"), &json!("paid, orders.revenue")]);
        assert_eq!(answer["columns"][1]["pivot"], json!(["open"]));
        assert_eq!(answer["data"], json!([["IT", "NO", null], [null, 20, 70], [120, 10, 60]]));
        assert_eq!(answer["totals"][0]["data"], json!([["paid", "open"], [190, 90]]));
        // A page counts rows of the wide answer.
        let answer = ask(
            mill,
            &json!({
                "measures": ["orders.revenue", "orders.count"], "dimensions": ["customers.country", "orders.status"], "pivot": ["orders.status"],
                "order": [["customers.country", "asc"]], "limit": 1, "offset": 1
            }),
        )
        .await;
        assert_eq!(answer["data"], json!([["NO"], [20], [1], [10], [1]]));
        assert_eq!((&answer["provenance"]["total_rows"], &answer["provenance"]["truncated"]), (&json!(3), &json!(true)));
        // The others come after the values, those without a value among them, and have rows of their own in their place.
        let asked = json!({
            "measures": ["orders.revenue"], "dimensions": ["customers.country", "orders.status"], "pivot": ["customers.country"], "order": [["orders.status", "asc"]],
            "top": {"dimension": "customers.country", "limit": 1, "others": true}
        });
        let answer = ask(mill, &asked).await;
        let heads: Vec<Value> = answer["columns"].as_array().unwrap().iter().map(|column| json!([column["name"], column["pivot"], column["others"]])).collect();
        let expected = json!([["orders.status", null, null], ["no value, orders.revenue", [null], null], ["Other, orders.revenue", [null], true]]);
        assert_eq!((json!(heads), &answer["data"]), (expected, &json!([["open", "paid"], [70, 60], [20, 130]])));
        assert_eq!(answer["others"]["data"], json!([["paid", "open"], [130, 20]]), "beside the answer they are as ever");
        let italy = with(&asked, &json!({"filters": [{"member": "customers.country", "operator": "equals", "values": ["IT", "NO"]}]}));
        let (whole, page) = (ask(mill, &italy).await, ask(mill, &with(&italy, &json!({"limit": 1}))).await);
        assert_eq!((&whole["data"], &page["data"]), (&json!([["open", "paid"], [null, 120], [20, 10]]), &json!([["open"], [null], [20]])));
        let all = with(&asked, &json!({"top": {"dimension": "customers.country", "limit": 3, "others": true}}));
        assert_eq!(ask(mill, &all).await["columns"].as_array().unwrap().len(), 4, "there are no others");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_told_with_what_they_belong_to() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let asked = json!({
            "measures": ["orders.revenue", "orders.count", "orders.paid", "orders.buyers"], "dimensions": ["orders.id", "customers.name"],
            "timeDimensions": [{"dimension": "orders.at", "dateRange": ["2024-01-01", "2024-02-29"]}], "ungrouped": true, "order": [["orders.id", "desc"]]
        });
        assert_eq!(rows(mill, asked.clone()).await, json!([[4, "Bob", 40, 1, 40, "b"], [3, "Bob", 30, 1, 30, "b"], [2, "Ada", 20, 1, null, "a"], [1, "Ada", 10, 1, 10, "a"]]));
        let some = with(&asked, &json!({"filters": [{"member": "customers.name", "operator": "equals", "values": ["Ada"]}], "limit": 1, "total": true}));
        let answer = ask(mill, &some).await;
        assert_eq!((&answer["data"][0], &answer["provenance"]["total_rows"], &answer["provenance"]["truncated"]), (&json!([2]), &json!(2), &json!(true)));
        // Equal rows stay apart.
        let found =
            rows(mill, json!({"dimensions": ["orders.customer"], "ungrouped": true, "filters": [{"member": "orders.status", "operator": "equals", "values": ["paid"]}]})).await;
        assert_eq!(found, json!([["a"], ["b"], ["b"], ["c"], [null]]));
        // Pages of rows that are alike in their groups make up the whole.
        let page = async |offset: usize| {
            rows(
                mill,
                json!({"measures": ["orders.revenue"], "dimensions": ["orders.status"], "ungrouped": true, "order": [["orders.status", "asc"]], "limit": 2, "offset": offset}),
            )
            .await
        };
        let pages = [page(0).await, page(2).await, page(4).await, page(6).await];
        let whole: Vec<Value> = pages.iter().flat_map(|page| page.as_array().unwrap().clone()).collect();
        assert_eq!(json!(whole), json!([["open", 20], ["open", 70], ["paid", 10], ["paid", 30], ["paid", 40], ["paid", 50], ["paid", 60]]));
        for (measure, field) in [("orders.growth", "measures[0]"), ("orders.share", "measures[0]")] {
            let (at, message) = refused(mill, json!({"measures": [measure], "ungrouped": true})).await;
            assert_eq!((at.as_str(), message.contains("has no value of one row")), (field, true), "{message}");
        }
        let (at, message) = refused(mill, json!({"measures": ["orders.revenue", "returns.sum_refund"], "ungrouped": true})).await;
        assert_eq!((at.as_str(), message.contains("rows are of one model")), ("measures[1]", true), "{message}");
        let (at, _) = refused(mill, with(&asked, &json!({"filters": [{"member": "orders.revenue", "operator": "gt", "values": [1]}]}))).await;
        assert_eq!(at, "filters[0]");
        let (at, _) = refused(mill, with(&asked, &json!({"totals": true}))).await;
        assert_eq!(at, "ungrouped");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_right_answer_is_refused_at_its_field() {
    let ward = Ward::new().await;
    let [mill, _] = shops(&ward).await;
    let asked = json!({
        "measures": ["orders.revenue"], "dimensions": ["customers.country", "orders.status"],
        "timeDimensions": [{"dimension": "orders.at", "granularity": "month"}]
    });
    let having = json!([{"member": "orders.revenue", "operator": "gt", "values": [1]}]);
    let filled = json!([{"dimension": "orders.at", "granularity": "month", "fill": "zero"}]);
    for (parts, field, words) in [
        (json!({"totals": [["orders.customer"]]}), "totals[0]", "does not group"),
        (json!({"totals": [[], ["orders.at", "orders.at"]]}), "totals[1]", "twice"),
        (json!({"totals": [["orders.at", "orders.status", "customers.country"]]}), "totals[0]", "the answer itself"),
        (json!({"totals": true, "filters": having}), "totals", "filters by the measure"),
        (json!({"totals": true, "measures": []}), "totals", "asks for none"),
        (json!({"top": {"dimension": "orders.customer", "limit": 3}}), "top.dimension", "not one of the dimensions"),
        (json!({"top": {"dimension": "orders.status", "limit": 0}}), "top.limit", "1 to 1000"),
        (json!({"top": {"dimension": "orders.status", "limit": 1, "by": "orders.nothing"}}), "top.by", "no member"),
        (json!({"top": {"dimension": "orders.status", "limit": 1, "by": "orders.place"}}), "top.by", "a place among groups"),
        (json!({"top": {"dimension": "orders.status", "limit": 1}, "measures": ["orders.so_far"]}), "top.by", "name another measure"),
        (json!({"top": {"dimension": "orders.status", "limit": 1, "by": "orders.revenue"}, "measures": ["orders.nothing"]}), "measures[0]", "no member"),
        (json!({"top": {"dimension": "orders.status", "limit": 1}, "filters": having}), "top", "filters by the measure"),
        (json!({"top": {"dimension": "orders.status", "limit": 1}, "measures": ["orders.place"]}), "measures[0]", "a place among all groups"),
        (json!({"timeDimensions": [{"dimension": "orders.at", "dateRange": ["2024-01-01", "2024-12-31"], "fill": "zero"}]}), "timeDimensions[0].fill", "granularity"),
        (json!({"timeDimensions": filled, "filters": having}), "timeDimensions[0].fill", "filters by the measure"),
        (
            json!({"timeDimensions": [{"dimension": "orders.at", "granularity": "second", "dateRange": ["2024-01-01", "2024-12-31"], "fill": "zero"}]}),
            "timeDimensions[0].fill",
            "buckets of a second",
        ),
        (json!({"pivot": ["orders.customer"]}), "pivot[0]", "does not group"),
        (json!({"pivot": ["orders.status", "orders.status"]}), "pivot[1]", "twice"),
        (
            json!({"pivot": ["orders.status"], "top": {"dimension": "orders.status", "limit": 1, "others": true}, "timeDimensions": [{"dimension": "orders.at", "granularity": "month", "fill": "zero"}]}),
            "pivot[0]",
            "give the time a dateRange",
        ),
    ] {
        let (at, message) = refused(&mill, with(&asked, &parts)).await;
        assert!(at == field && message.contains(words), "{parts}: {at}: {message}");
        // The same is refused when it is to be followed.
        if parts.get("timeDimensions").is_none() {
            assert!(mill.subscribe(&serde_json::from_value(with(&asked, &parts)).unwrap()).await.is_err(), "{parts}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_and_others_are_those_of_what_the_scope_sees() {
    let ward = Ward::new().await;
    ward.mill.load("sales", Csv::bytes("region,city,amount\nEU,Rome,1\nEU,Oslo,5\nEU,Bonn,2\nUS,Rome,100\nUS,York,50\n")).await.unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("sales").unwrap(), "region = 'EU'");
    let asked = json!({
        "measures": ["sales.sum_amount"], "dimensions": ["sales.city"], "totals": true,
        "top": {"dimension": "sales.city", "limit": 1, "others": true}
    });
    // Few rows are no reason against totals.
    let scope = scope.with_limits(Limits { result_rows: 100, ..Limits::default() });
    let answer = ask(&ward.engine.mill(scope), &asked).await;
    assert_eq!(answer["data"], json!([["Oslo"], [5]]));
    assert_eq!((&answer["others"]["data"], &answer["totals"][0]["data"]), (&json!([[3]]), &json!([[8]])));
    assert_eq!((&answer["provenance"]["rows_scanned"], &answer["provenance"]["bytes_read"]), (&json!(0), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_get_totals_that_change_where_no_row_does() {
    let ward = Ward::new().await;
    ward.mill.load("sales", Csv::bytes("city,amount\nRome,9\nOslo,1\n")).await.unwrap();
    let asked = json!({
        "measures": ["sales.sum_amount"], "dimensions": ["sales.city"], "totals": true,
        "top": {"dimension": "sales.city", "limit": 1, "others": true}
    });
    let mut live = ward.mill.subscribe(&serde_json::from_value(asked).unwrap()).await.unwrap();
    assert_eq!(next(&mut live).await.to_json()["result"]["totals"][0]["data"], json!([[10]]));
    ward.mill.load("sales", Csv::bytes("city,amount\nBonn,2\n")).await.unwrap();
    let change = next(&mut live).await.to_json();
    assert_eq!((&change["type"], &change["row_count"], &change["changed"]["indices"]), (&json!("patch"), &json!(1), &json!([])));
    assert_eq!((&change["totals"][0]["data"], &change["others"]["data"]), (&json!([[12]]), &json!([[3]])));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_an_answer_are_computed_once() {
    let ward = Ward::new().await;
    for part in 0..4 {
        let rows: String = (0..100).map(|row| format!("{},{}\n", row % 9, row * part)).collect();
        ward.mill.load("events", Csv::bytes(format!("kind,amount\n{rows}"))).await.unwrap();
    }
    let asked = json!({
        "measures": ["events.sum_amount"], "dimensions": ["events.kind"], "totals": true,
        "top": {"dimension": "events.kind", "limit": 3, "others": true}
    });
    let first = ask(&ward.mill, &asked).await;
    assert!(first["provenance"]["rows_scanned"].as_u64().unwrap() > 0);
    ward.mill.load("events", Csv::bytes("kind,amount\n8,1\n")).await.unwrap();
    let again = ask(&ward.mill, &asked).await;
    // The new row alone is read, by the ranking, the answer, the total and the others.
    assert!((1..=4).contains(&again["provenance"]["rows_scanned"].as_u64().unwrap()), "{}", again["provenance"]);
    assert_eq!(again["totals"][0]["data"][0][0].as_i64(), first["totals"][0]["data"][0][0].as_i64().map(|total| total + 1));
    let kind = refused(&ward.mill, json!({"measures": ["events.count"], "top": {"dimension": "events.kind", "limit": 3}})).await;
    assert_eq!(kind.0, "top.dimension");
    let plan = ward.mill.plan(&serde_json::from_value(asked).unwrap()).await;
    assert!(plan.unwrap_err().message().contains("leave totals"), "a plan would be of a part of it");
    let unknown = ward.mill.query(&serde_json::from_value(json!({"measures": ["nothing.count"], "totals": true})).unwrap()).await;
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::NotFound);
}
