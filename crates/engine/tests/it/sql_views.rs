//! Views in SQL: a SELECT over one is the question on it, whatever stands around it, and what is no question is refused with what to
//! write.

use serde_json::{Value, json};
use tidemill::{Budget, CalendarSettings, Csv, DatasetName, ErrorKind, Limits, Mill, Scope, Settings, TenantId, UserAttributes};

use crate::composed::{change, shop, shops};
use crate::views::{sales, save};
use crate::ward::{Ward, open};

async fn rows(mill: &Mill, sql: &str) -> Value {
    mill.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).to_json()["data"].clone()
}

async fn data(mill: &Mill, question: &Value) -> Value {
    mill.query(&serde_json::from_value(question.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{question}: {error}")).to_json()["data"].clone()
}

async fn refused(mill: &Mill, sql: &str) -> tidemill::Error {
    match mill.sql(sql).await {
        Ok(answer) => panic!("{sql} was answered: {}", answer.to_json()),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_select_over_a_view_is_the_question_on_it() {
    let ward = Ward::new().await;
    let mills = shops(&ward).await;
    save(&mills[0], sales()).await.unwrap();
    let by = |measures: Value, member: &str| json!({"measures": measures, "dimensions": [member], "order": [[member, "asc"]]});
    let month = json!([{"dimension": "sales.ordered_at", "granularity": "month"}]);
    let week = json!([{"dimension": "sales.ordered_at", "granularity": "week"}]);
    let pairs = [
        (
            "select customers_country, measure(revenue), measure(orders) from sales group by customers_country order by 1 nulls last",
            by(json!(["sales.revenue", "sales.orders"]), "sales.customers_country"),
        ),
        (
            "select s.nation as n, MEASURE(s.mean), measure(sales.buyers), measure(median) from sales s group by n order by n nulls last",
            by(json!(["sales.mean", "sales.buyers", "sales.median"]), "sales.nation"),
        ),
        // Measures that a SELECT over a dataset does not have.
        ("select state, measure(share), measure(place) from sales group by \"state\" order by state", by(json!(["sales.share", "sales.place"]), "sales.state")),
        (
            "select date_trunc('month', ordered_at) as month, measure(revenue), measure(so_far), measure(growth) from sales group by 1 order by month",
            json!({"measures": ["sales.revenue", "sales.so_far", "sales.growth"], "timeDimensions": month, "order": [["sales.ordered_at", "asc"]]}),
        ),
        (
            "select date_trunc('week', ordered_at, 'Europe/Oslo'), measure(orders) from sales group by date_trunc('WEEK', ordered_at, 'Europe/Oslo') order by 1",
            json!({"measures": ["sales.orders"], "timeDimensions": week, "timezone": "Europe/Oslo", "order": [["sales.ordered_at", "asc"]]}),
        ),
        ("select customers_country from sales group by 1 order by 1 nulls last", json!({"dimensions": ["sales.customers_country"], "order": [["sales.customers_country", "asc"]]})),
        ("select distinct state from sales order by state", json!({"dimensions": ["sales.state"], "order": [["sales.state", "asc"]]})),
        ("select measure(revenue), measure(paid) from sales where paid", json!({"measures": ["sales.revenue", "sales.paid"], "segments": ["sales.paid"]})),
        (
            "select state, measure(revenue) from sales group by state having measure(orders) > 2 and measure(revenue) < 1000 order by measure(revenue) desc limit 5",
            json!({"measures": ["sales.revenue"], "dimensions": ["sales.state"], "order": [["sales.revenue", "desc"]], "limit": 5, "filters": [
                {"member": "sales.orders", "operator": "gt", "values": [2]}, {"member": "sales.revenue", "operator": "lt", "values": [1000]}
            ]}),
        ),
    ];
    for mill in &mills {
        for (sql, question) in &pairs {
            assert_eq!(rows(mill, sql).await, data(mill, question).await, "{sql}");
        }
    }
    let answer = mills[0].sql("select measure(revenue), date_trunc('month', ordered_at) from sales group by 2 limit 1").await.unwrap();
    assert_eq!(answer.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["measure(revenue)", "date_trunc('month', ordered_at)"]);
    assert_eq!(serde_json::to_value(&answer.provenance).unwrap()["view"], json!({"name": "sales", "version": 1}));
    let error = mills[0].sql_as_of("select nation, measure(revenue) from sales group by 1", 0).await.unwrap_err();
    assert_eq!(error.field(), Some("asOf"), "{error}");
    assert!(mills[0].plan_sql("select nation, measure(revenue) from sales group by 1").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_worked_are_those_of_who_asks() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    let holiday = mill.with_calendar(serde_json::from_value(json!({"holidays": [{"date": "2024-03-01"}]})).unwrap());
    for (condition, plain, without) in
        [("is_business_day(ordered_at)", 2, 1), ("not is_business_day(ordered_at)", 5, 6), ("is_business_day(ordered_at, 'Asia/Tokyo') and state = 'paid'", 2, 1)]
    {
        let sql = format!("select measure(orders) from sales where {condition}");
        assert_eq!((rows(&mill, &sql).await, rows(&holiday, &sql).await), (json!([[plain]]), json!([[without]])), "{condition}");
    }
    // Of groups it is a function as any other.
    let by_day = "select date_trunc('day', ordered_at) as day, measure(orders) from sales group by 1 having is_business_day(date_trunc('day', ordered_at)) order by 1";
    assert_eq!(rows(&mill, by_day).await, json!([["2024-01-05T00:00:00Z", "2024-03-01T00:00:00Z"], [1, 1]]));
    assert_eq!(rows(&holiday, by_day).await, json!([["2024-01-05T00:00:00Z"], [1]]));
    let told = holiday.sql("select measure(orders) from sales where is_business_day(ordered_at)").await.unwrap().provenance.calendar;
    assert_eq!(told.and_then(|calendar| calendar.holiday_count), Some(1));
    assert!(refused(&mill, "select measure(orders) from sales where is_business_day(state)").await.message().contains("takes a timestamp or a date"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_is_met_by_the_same_rows_as_in_sql() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    let joined = "orders o left join customers c on o.customer = c.id";
    // What is said of the view, and of the tables that it is about. Orders of nobody have no country.
    for (of_view, of_tables) in [
        ("customers_country = 'IT'", "c.country = 'IT'"),
        ("'IT' <> customers_country", "c.country <> 'IT'"),
        ("customers_country is null", "c.country is null"),
        ("not (customers_country is null)", "c.country is not null"),
        ("customers_country in ('IT', 'SE')", "c.country in ('IT', 'SE')"),
        ("customers_country not in ('IT', 'SE')", "c.country not in ('IT', 'SE')"),
        ("not (customers_country = 'IT' or state = 'open')", "not (c.country = 'IT' or o.status = 'open')"),
        ("not (customers_country = 'IT' and state = 'paid')", "not (c.country = 'IT' and o.status = 'paid')"),
        ("customers_country is distinct from 'IT'", "c.country is distinct from 'IT'"),
        ("customers_country > 'IT' or state = 'paid' and customers_country <= 'IT'", "c.country > 'IT' or o.status = 'paid' and c.country <= 'IT'"),
        ("not (customers_country < 'NO')", "not (c.country < 'NO')"),
        ("customers_name ilike 'a%' or customers_name ilike '%YD'", "c.name ilike 'a%' or c.name ilike '%YD'"),
        ("customers_name not ilike '%d%'", "c.name not ilike '%d%'"),
        ("customers_country not between 'A' and 'J'", "c.country not between 'A' and 'J'"),
        ("ordered_at >= '2024-02-03' and ordered_at < timestamp '2024-03-02 10:00:00'", "o.at >= '2024-02-03T00:00:00Z' and o.at < '2024-03-02T10:00:00Z'"),
        ("ordered_at between '2024-01-20T10:00:00Z' and '2024-02-10 10:00:00'", "o.at between '2024-01-20T10:00:00Z' and '2024-02-10T10:00:00Z'"),
        ("ordered_at = '2024-02-03T10:00:00Z'", "o.at = '2024-02-03T10:00:00Z'"),
    ] {
        let asked = rows(&mill, &format!("select coalesce(measure(orders), 0), measure(revenue) from sales where {of_view}")).await;
        let expected = rows(&mill, &format!("select count(*), sum(o.amount) from {joined} where {of_tables}")).await;
        assert_eq!(asked, expected, "{of_view}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_around_it_is_sql() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let mut dimensions = serde_json::to_value(mill.model("orders").await.unwrap().dimensions).unwrap();
    let size = json!({"name": "size", "label": "Size", "type": "string", "expression": "case when amount > 35 then 'large' else 'small' end"});
    dimensions.as_array_mut().unwrap().push(size);
    change(&mill, "orders", json!({"dimensions": dimensions})).await;
    save(&mill, sales()).await.unwrap();
    for (sql, expected) in [
        (
            "select v.country, v.revenue, c.n from (select customers_country as country, measure(revenue) as revenue from sales group by 1) v \
             join (select country, count(*) as n from customers group by country) c on v.country = c.country order by 1",
            json!([["IT", "NO"], [120, 30], [2, 1]]),
        ),
        (
            "with s as (select state, measure(revenue) as revenue from sales group by state) select state, revenue, sum(revenue) over () as total from s order by state",
            json!([["open", "paid"], [90, 190], [280, 280]]),
        ),
        ("select state, sum(measure(revenue)) over () from sales group by state order by 1", json!([["open", "paid"], [280, 280]])),
        ("select measure(revenue) as n from sales union all select measure(count) from orders union all select measure(orders) from sales order by 1", json!([[7, 7, 280]])),
        (
            "select s.state, measure(s.revenue) / measure(sales.orders) as mean from sales as s where s.state = 'paid' group by s.state having measure(orders) > 1 order by mean",
            json!([["paid"], [38]]),
        ),
        ("select upper(state) as big, measure(orders) as n from sales group by state having state <> 'paid' and n > 1", json!([["OPEN"], [2]])),
        // A dimension that is no column stands beside it, so the statement is planned twice.
        (
            "select v.state, o.n from (select state from sales group by state) v join (select size, measure(count) as n from orders group by size) o on o.size = 'large' order by 1",
            json!([["open", "paid"], [4, 4]]),
        ),
        ("select count(*) from (select customers_country, state, measure(orders) from sales group by 1, 2) as g", json!([[5]])),
    ] {
        assert_eq!(rows(&mill, sql).await, expected, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_of_several_events_counts_no_row_twice() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let trade = json!({"name": "trade", "label": "Trade", "include": [
        {"path": "orders", "members": ["revenue", "status", "at"]},
        {"path": "orders.returns", "members": ["sum_refund"]}
    ]});
    save(&mill, trade).await.unwrap();
    let question =
        json!({"measures": ["trade.revenue", "trade.sum_refund"], "timeDimensions": [{"dimension": "trade.at", "granularity": "month"}], "order": [["trade.at", "asc"]]});
    let sql = "select date_trunc('month', at), measure(revenue), measure(sum_refund) from trade group by 1 order by 1";
    assert_eq!(rows(&mill, sql).await, data(&mill, &question).await);
    assert_eq!(rows(&mill, "select measure(revenue), measure(sum_refund) from trade").await, json!([[280], [18]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_is_refused_with_what_to_write() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    let revenue = |rest: &str| format!("select measure(revenue) from sales {rest}");
    for (sql, expected) in [
        ("select * from sales".to_owned(), "there is no *"),
        ("select state from sales".to_owned(), "sales.state is not grouped by; put state into GROUP BY"),
        ("select state, measure(revenue) from sales".to_owned(), "put state into GROUP BY"),
        ("select distinct state, measure(revenue) from sales".to_owned(), "GROUP BY is missing"),
        ("select count(*) from sales".to_owned(), "count in a SELECT over view sales"),
        ("select 1 from sales".to_owned(), "has groups and no rows of its own"),
        ("select revenue from sales".to_owned(), "sales.revenue is a measure; write measure(revenue)"),
        ("select measure(state) from sales".to_owned(), "state is a dimension of sales"),
        ("select measure(revenu) from sales".to_owned(), "did you mean revenue"),
        ("select stat, measure(revenue) from sales group by 1".to_owned(), "did you mean state"),
        ("select measure(revenue) from salse".to_owned(), "did you mean sales"),
        ("select upper(state), measure(revenue) from sales group by upper(state)".to_owned(), "a view is grouped by its dimensions"),
        ("select state, measure(revenue) from sales group by rollup(state)".to_owned(), "a view is grouped by its dimensions"),
        (revenue("join orders on true"), "view sales stands beside something else in FROM"),
        (revenue(", orders"), "view sales stands beside something else in FROM"),
        (revenue("where upper(state) = 'PAID'"), "in WHERE a view is filtered by comparing its dimensions with values"),
        (revenue("where state in (select status from orders)"), "in WHERE a view is filtered"),
        (revenue("where measure(revenue) > 1"), "compare a measure in HAVING"),
        (revenue("where revenue > 1"), "compare measure(revenue) in HAVING"),
        (revenue("where state like 'p%'"), "write ILIKE"),
        (revenue("where state ilike 'p_d'"), "know the patterns"),
        (revenue("where state = 1"), "sales.state is of type string and is compared with a text in quotes"),
        (revenue("where state = null"), "for missing values write IS NULL"),
        (revenue("where ordered_at > 'yesterday'"), "is compared with an instant"),
        ("select measure(revenue) filter (where state = 'paid') from sales".to_owned(), "has no FILTER"),
        ("select measure(revenue) over () from sales".to_owned(), "no window function"),
        ("with sales as (select measure(revenue) as r from sales) select r from sales".to_owned(), "sales is a view, and a query of WITH here"),
        ("with \"view 0\" as (select 1 as \"measure(revenue)\") select measure(revenue) from sales".to_owned(), "is a query of WITH here; give it another name"),
        (revenue("where ordered_at >= date '2024-01-31 15:00:00'"), "is compared with an instant"),
        ("select ordered_at, measure(revenue) from sales group by date_trunc('month', ordered_at)".to_owned(), "is grouped by date_trunc('month', ordered_at)"),
        ("select measure(revenue) from sales group by date_trunc('fortnight', ordered_at)".to_owned(), "fortnight"),
        // What the models refuse.
        ("select state, measure(customers_count) from sales group by state".to_owned(), "no row of customers belongs to one of orders"),
    ] {
        let error = refused(&mill, &sql).await;
        assert!(error.message().contains(expected), "{sql}: {error}");
        assert_eq!(error.field(), Some("sql"), "{sql}: {error}");
    }
    // Views of others are not there.
    let error = refused(&ward.engine.tenant("other").unwrap(), "select measure(revenue) from sales").await;
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_calendars_budgets_and_older_states_hold() {
    let ward = Ward::new().await;
    for part in ["DE,1,10,2024-01-07\nFR,2,20,2024-01-08\n", "DE,4,40,2024-01-14\n"] {
        ward.mill.load("orders", Csv::bytes(format!("country,amount,margin,at\n{part}"))).await.unwrap();
    }
    let policy = json!([{"name": "own", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}], "hidden": ["margin"]}]);
    change(&ward.mill, "orders", json!({"access_policies": policy})).await;
    let include = json!([{"path": "orders", "members": ["country", {"name": "sum_amount", "alias": "revenue"}, "sum_margin", "at"]}]);
    save(&ward.mill, json!({"name": "sales", "label": "Sales", "include": include})).await.unwrap();
    let scope = || Scope::of(TenantId::parse("acme").unwrap());
    let sql = "select country, measure(revenue) from sales group by country order by 1";

    let small = ward.engine.mill(scope().with_limits(Limits { budget: Budget { rows: Some(2), ..Budget::default() }, ..Limits::default() }));
    let error = refused(&small, sql).await;
    assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{error}");
    let explained = small.explain_sql(sql).await.unwrap();
    assert_eq!((explained.rows, explained.within_budget), (3, false));
    // What was computed for the question is kept for the statement.
    data(&ward.mill, &json!({"measures": ["sales.revenue"], "dimensions": ["sales.country"]})).await;
    assert_eq!(rows(&small, sql).await, json!([["DE", "FR"], [5, 2]]));

    let user = ward.engine.mill(scope().seen_by(UserAttributes::default().with("country", ["DE"])));
    assert_eq!(rows(&user, sql).await, json!([["DE"], [5]]));
    let provenance = serde_json::to_value(user.sql(sql).await.unwrap().provenance).unwrap();
    assert_eq!((&provenance["access"], &provenance["rows_scanned"]), (&json!([{"dataset": "orders", "policies": ["own"]}]), &json!(0)));
    // Nothing that is compared afterwards reaches the rows of others.
    assert_eq!(rows(&user, "select country, measure(revenue) from sales group by country having 1 / (ascii(country) - 70) = 0").await, json!([["DE"], [5]]));
    let error = refused(&user, "select measure(sum_margi) from sales").await;
    assert!(error.message().contains("has no measure") && !error.message().contains("sum_margin"), "{error}");
    let hiding = ward.engine.mill(scope().hiding(DatasetName::parse("orders").unwrap(), "margin"));
    assert!(refused(&hiding, "select measure(sum_margin) from sales").await.message().contains("has no measure"));

    assert_eq!(ward.mill.sql_as_of(sql, 0).await.unwrap().to_json()["data"], json!([["DE", "FR"], [1, 2]]));
    // A version is one of a dataset, and the statement reads two.
    ward.mill.load("customers", Csv::bytes("id\n1\n")).await.unwrap();
    let error = ward.mill.sql_as_of("select measure(revenue) from sales union all select 1 from customers", 0).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("asOf")), "{error}");

    let calendar: CalendarSettings = serde_json::from_value(json!({"weekStart": "sunday"})).unwrap();
    let weeks = rows(&ward.mill.with_calendar(calendar), "select date_trunc('week', at) as week, measure(revenue) from sales group by week order by week").await;
    assert_eq!(weeks[1], json!([3, 4]));
    let question = json!({"measures": ["sales.revenue"], "timeDimensions": [{"dimension": "sales.at", "granularity": "week"}], "calendar": {"weekStart": "sunday"}, "order": [["sales.at", "asc"]]});
    assert_eq!(weeks, data(&ward.mill, &question).await);

    // Days are those of the zone of who asks, unless the statement names one.
    let tokyo = ward.mill.with_calendar(serde_json::from_value(json!({"timezone": "Asia/Tokyo"})).unwrap());
    for (zone, called) in [("Asia/Tokyo", ""), ("UTC", ", 'UTC'"), ("Europe/Oslo", ", 'Europe/Oslo'")] {
        let days = rows(&tokyo, &format!("select date_trunc('day', at{called}) as day, measure(revenue) from sales group by day order by day")).await;
        let question =
            json!({"measures": ["sales.revenue"], "timeDimensions": [{"dimension": "sales.at", "granularity": "day"}], "timezone": zone, "order": [["sales.at", "asc"]]});
        assert_eq!(days, data(&ward.mill, &question).await, "{zone}");
    }
    let told = tokyo.sql("select measure(revenue) from sales").await.unwrap().provenance;
    assert_eq!((told.timezone.as_str(), told.calendar), ("Asia/Tokyo", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_up_has_no_say_in_until_when_numbers_are_complete() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("orders", Csv::bytes("at,product,amount\n2014-01-11T12:00:00Z,1,2\n2014-01-12T12:00:00Z,2,3\n").time_column(Some("at")))
        .await
        .unwrap();
    let products = Csv::bytes("id,name,launched\n1,tea,2009-01-01T00:00:00Z\n2,rye,2010-01-01T00:00:00Z\n").time_column(Some("launched"));
    mill.load("products", products).await.unwrap();
    change(
        mill,
        "orders",
        json!({
            "joins": [{"name": "products", "on": [{"column": "product", "other": "id"}]}],
            "measures": [{"name": "revenue", "label": "Revenue", "kind": "sum", "column": "amount"}]
        }),
    )
    .await;
    let sold = json!({"name": "sold", "label": "Sold", "include": [
        {"path": "orders", "members": ["revenue"]},
        {"path": "orders.products", "members": [{"name": "name", "alias": "product_name"}]}
    ]});
    save(mill, sold).await.unwrap();
    let joins = open(ward.folder.path(), Settings { mapped_lookup_rows: 0, ..Settings::default() }).await.tenant("acme").unwrap();
    for mill in [mill, &joins] {
        for (sql, until) in [
            ("select product_name, measure(revenue) from sold group by 1", "2014-01-12T12:00:00+00:00"),
            ("select measure(revenue) from sold", "2014-01-12T12:00:00+00:00"),
            // What the statement names itself counts, be it looked up beside.
            (
                "select s.product_name, p.launched from (select product_name, measure(revenue) from sold group by 1) as s join products as p on p.name = s.product_name",
                "2010-01-01T00:00:00+00:00",
            ),
        ] {
            let provenance = mill.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).provenance;
            assert_eq!(provenance.complete_until.map(|until| until.to_rfc3339()).as_deref(), Some(until), "{sql}");
        }
    }
}
