//! TPC-H: items of orders, orders and stocks of suppliers as facts; parts, customers, suppliers, nations and regions as lookups.
//! Money is whole cents and discounts are whole percents, so that sums do not depend on their order. Dates of orders and
//! shipments are instants at midnight in UTC, which other zones see on the day before or during the day.

use std::fs::File;
use std::path::Path;

use anyhow::Result;
use arrow::record_batch::RecordBatchReader;
use parquet::arrow::ArrowWriter;
use serde_json::json;
use tidemill::ColumnType::{Date, Integer, String as Text, Timestamp};
use tidemill::MeasureKind::{Avg, Count, CountDistinct, Max, Min, Quantile, Sum};
use tidemill_benches::peers::literal;
use tpchgen::generators::{CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator, RegionGenerator, SupplierGenerator};
use tpchgen_arrow::{CustomerArrow, LineItemArrow, NationArrow, OrderArrow, PartArrow, PartSuppArrow, RegionArrow, SupplierArrow};

use crate::measures::Measures;
use crate::models::{Dataset, column, expression, link};

/// Writes the tables as they are specified, and tells the datasets that are made of them.
pub(crate) fn datasets(folder: &Path, scale: f64) -> Result<Vec<Dataset>> {
    let from = |table: &str| Ok::<_, anyhow::Error>(format!("from read_parquet({})", literal(&folder.join(table))?));
    write(&folder.join("lineitem.tpch"), LineItemArrow::new(LineItemGenerator::new(scale, 1, 1)))?;
    write(&folder.join("orders.tpch"), OrderArrow::new(OrderGenerator::new(scale, 1, 1)))?;
    write(&folder.join("customer.tpch"), CustomerArrow::new(CustomerGenerator::new(scale, 1, 1)))?;
    write(&folder.join("part.tpch"), PartArrow::new(PartGenerator::new(scale, 1, 1)))?;
    write(&folder.join("partsupp.tpch"), PartSuppArrow::new(PartSuppGenerator::new(scale, 1, 1)))?;
    write(&folder.join("supplier.tpch"), SupplierArrow::new(SupplierGenerator::new(scale, 1, 1)))?;
    write(&folder.join("nation.tpch"), NationArrow::new(NationGenerator::new(scale, 1, 1)))?;
    write(&folder.join("region.tpch"), RegionArrow::new(RegionGenerator::new(scale, 1, 1)))?;
    Ok(vec![
        lineitem(&from("lineitem.tpch")?),
        orders(&from("orders.tpch")?),
        partsupp(&from("partsupp.tpch")?),
        Dataset {
            name: "customer",
            select: format!(
                "select c_custkey::bigint as c_custkey, c_nationkey::bigint as c_nationkey, c_mktsegment, (c_acctbal * 100)::bigint as c_cents {}",
                from("customer.tpch")?
            ),
            dimensions: vec![
                column("c_mktsegment", Text),
                column("c_custkey", Integer).fine(),
                column("c_cents", Integer).fine(),
                expression("c_debt", Text, "case when c_cents < 0 then 'owes' when c_cents < 500000 then 'has' else 'has much' end"),
            ],
            links: vec![link("customer_nation", "nation", "c_nationkey", "n_nationkey")],
            segments: vec![("builders", json!([{"member": "customer.c_mktsegment", "operator": "equals", "values": ["BUILDING", "MACHINERY"]}]))],
            ..Dataset::default()
        },
        Dataset {
            name: "part",
            select: format!("select p_partkey::bigint as p_partkey, p_mfgr, p_brand, p_type, p_size::bigint as p_size, p_container {}", from("part.tpch")?),
            dimensions: vec![
                column("p_mfgr", Text),
                column("p_brand", Text),
                column("p_size", Integer),
                column("p_container", Text),
                column("p_type", Text).fine(),
                expression("p_metal", Text, "split_part(p_type, ' ', 3)"),
                expression("p_loud", Text, "upper(p_mfgr) || '/' || p_brand"),
            ],
            segments: vec![("little", json!([{"member": "part.p_size", "operator": "lt", "values": [12]}]))],
            ..Dataset::default()
        },
        Dataset {
            name: "supplier",
            select: format!("select s_suppkey::bigint as s_suppkey, s_name, s_nationkey::bigint as s_nationkey, (s_acctbal * 100)::bigint as s_cents {}", from("supplier.tpch")?),
            dimensions: vec![column("s_name", Text).fine(), column("s_cents", Integer).fine(), expression("s_debt", Text, "case when s_cents < 0 then 'owes' else 'has' end")],
            links: vec![link("supplier_nation", "nation", "s_nationkey", "n_nationkey")],
            ..Dataset::default()
        },
        Dataset {
            name: "nation",
            select: format!("select n_nationkey::bigint as n_nationkey, n_name, n_regionkey::bigint as n_regionkey {}", from("nation.tpch")?),
            dimensions: vec![column("n_name", Text)],
            links: vec![link("region", "region", "n_regionkey", "r_regionkey")],
            ..Dataset::default()
        },
        Dataset {
            name: "region",
            select: format!("select r_regionkey::bigint as r_regionkey, r_name {}", from("region.tpch")?),
            dimensions: vec![column("r_name", Text)],
            ..Dataset::default()
        },
    ])
}

fn write(path: &Path, batches: impl RecordBatchReader) -> Result<()> {
    let mut writer = ArrowWriter::try_new(File::create(path)?, batches.schema(), None)?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}

fn lineitem(from: &str) -> Dataset {
    let late = json!([{"member": "lineitem.l_late", "operator": "equals", "values": ["late"]}]);
    // Two steps away.
    let builders = json!([{"member": "customer.c_mktsegment", "operator": "equals", "values": ["BUILDING"]}]);
    let measures = Measures::default()
        .base("count", Count, "", Integer)
        .base("pieces", Sum, "l_quantity", Integer)
        .base("revenue", Sum, "l_cents * (100 - l_discount)", Integer)
        .base("mean_cents", Avg, "l_cents", Integer)
        .base("least_cents", Min, "l_cents", Integer)
        .base("greatest_cents", Max, "l_cents", Integer)
        .base("first_shipped", Min, "l_shipdate", Timestamp)
        .base("last_received", Max, "l_receiptdate", Date)
        .base("greatest_mode", Max, "l_shipmode", Text)
        .base("suppliers", CountDistinct, "l_suppkey", Integer)
        .base("modes", CountDistinct, "l_shipmode", Text)
        .base("dear_cents", Quantile, "l_cents", Integer)
        .ends(["cents_at_first", "cents_at_last"], "l_cents", "l_shipdate", Integer)
        .filtered("late", Count, "", Integer, &late, "l_late = 'late'")
        .filtered("late_pieces", Sum, "l_quantity", Integer, &late, "l_late = 'late'")
        .filtered("built", Sum, "l_quantity", Integer, &builders, r#""customer.c_mktsegment" = 'BUILDING'"#)
        .ratio("late_part", "late", "count")
        .ratio("pieces_of_item", "pieces", "count")
        .number("on_time", ["count", "late"], Integer, "{count} - {late}", "{0} - {1}")
        .number("per_supplier", ["revenue", "suppliers"], tidemill::ColumnType::Float, "{revenue} / {suppliers} + 1", "{0}::double / nullif({1}, 0) + 1")
        .share("revenue_share", "revenue")
        .share("supplier_share", "suppliers")
        .rank("revenue_rank", "revenue")
        .shift("year_before", "revenue", 1, "year")
        .shift("suppliers_month_before", "suppliers", 1, "month")
        .growth("growth", "revenue", "year_before")
        .rolling("last_months", "pieces", 3, "month")
        .cumulative("shipped_so_far", "pieces")
        .cumulative("greatest_so_far", "greatest_cents");
    Dataset {
        name: "lineitem",
        select: format!(
            "select l_orderkey::bigint as l_orderkey, l_partkey::bigint as l_partkey, l_suppkey::bigint as l_suppkey, l_quantity::bigint as l_quantity,
             (l_extendedprice * 100)::bigint as l_cents, (l_discount * 100)::bigint as l_discount, (l_tax * 100)::bigint as l_tax, l_returnflag, l_linestatus,
             l_shipdate::timestamp as l_shipdate, l_commitdate, l_receiptdate, l_shipinstruct, l_shipmode {from}"
        ),
        time: Some("l_shipdate"),
        dimensions: vec![
            column("l_shipdate", Timestamp).fine(),
            column("l_commitdate", Date).fine(),
            column("l_receiptdate", Date).fine(),
            column("l_shipmode", Text),
            column("l_shipinstruct", Text),
            column("l_returnflag", Text),
            column("l_linestatus", Text),
            column("l_discount", Integer),
            column("l_tax", Integer),
            column("l_quantity", Integer),
            column("l_suppkey", Integer).fine(),
            expression("l_size", Text, "case when l_quantity < 10 then 'few' when l_quantity < 35 then 'some' else 'many' end"),
            expression("l_late", Text, "case when l_receiptdate > l_commitdate then 'late' else 'in time' end"),
            expression("l_year", Integer, "date_part('year', l_shipdate)"),
        ],
        links: vec![link("orders", "orders", "l_orderkey", "o_orderkey"), link("part", "part", "l_partkey", "p_partkey"), link("supplier", "supplier", "l_suppkey", "s_suppkey")],
        segments: vec![("returned", json!([{"member": "lineitem.l_returnflag", "operator": "equals", "values": ["R"]}]))],
        measures: measures.0,
    }
}

fn orders(from: &str) -> Dataset {
    let open = json!([{"member": "orders.o_orderstatus", "operator": "notEquals", "values": ["F"]}]);
    let measures = Measures::default()
        .base("count", Count, "", Integer)
        .base("total", Sum, "o_cents", Integer)
        .base("mean", Avg, "o_cents", Integer)
        .base("greatest", Max, "o_cents", Integer)
        .base("buyers", CountDistinct, "o_custkey", Integer)
        .base("clerks", CountDistinct, "o_clerk", Text)
        .ends(["clerk_at_first", "clerk_at_last"], "o_clerk", "o_orderdate", Text)
        .filtered("open", Count, "", Integer, &open, "o_orderstatus <> 'F'")
        .ratio("open_part", "open", "count")
        .number("per_buyer", ["total", "buyers"], tidemill::ColumnType::Float, "{total} / {buyers}", "{0}::double / nullif({1}, 0)")
        .share("share", "count")
        .rank("rank", "count")
        .shift("quarter_before", "count", 1, "quarter")
        .growth("growth", "count", "quarter_before")
        .rolling("last_weeks", "total", 4, "week")
        .cumulative("so_far", "count");
    Dataset {
        name: "orders",
        select: format!(
            "select o_orderkey::bigint as o_orderkey, o_custkey::bigint as o_custkey, o_orderstatus, (o_totalprice * 100)::bigint as o_cents, o_orderdate::timestamp as o_orderdate,
             o_orderpriority, o_clerk {from}"
        ),
        time: Some("o_orderdate"),
        dimensions: vec![
            column("o_orderdate", Timestamp).fine(),
            column("o_orderstatus", Text),
            column("o_orderpriority", Text),
            column("o_cents", Integer).fine(),
            column("o_clerk", Text).fine(),
            expression("o_year", Integer, "date_part('year', o_orderdate)"),
            expression("o_size", Text, "case when o_cents > 20000000 then 'large' else 'small' end"),
        ],
        links: vec![link("customer", "customer", "o_custkey", "c_custkey")],
        segments: vec![
            ("urgent", json!([{"member": "orders.o_orderpriority", "operator": "startsWith", "values": ["1-", "2-"]}])),
            ("of_debtors", json!([{"member": "customer.c_debt", "operator": "equals", "values": ["owes"]}])),
        ],
        measures: measures.0,
    }
}

fn partsupp(from: &str) -> Dataset {
    let measures = Measures::default()
        .base("count", Count, "", Integer)
        .base("stock", Sum, "ps_availqty", Integer)
        .base("worth", Sum, "ps_availqty * ps_cents", Integer)
        .base("mean_cost", Avg, "ps_cents", Integer)
        .base("least_cost", Min, "ps_cents", Integer)
        .base("parts", CountDistinct, "ps_partkey", Integer)
        .ratio("worth_of_piece", "worth", "stock")
        .share("stock_share", "stock")
        .rank("rank", "stock");
    Dataset {
        name: "partsupp",
        select: format!(
            "select ps_partkey::bigint as ps_partkey, ps_suppkey::bigint as ps_suppkey, ps_availqty::bigint as ps_availqty, (ps_supplycost * 100)::bigint as ps_cents {from}"
        ),
        dimensions: vec![
            column("ps_availqty", Integer).fine(),
            expression("ps_left", Text, "case when ps_availqty < 1000 then 'few' when ps_availqty < 5000 then 'some' else 'many' end"),
        ],
        links: vec![link("part", "part", "ps_partkey", "p_partkey"), link("supplier", "supplier", "ps_suppkey", "s_suppkey")],
        measures: measures.0,
        ..Dataset::default()
    }
}
