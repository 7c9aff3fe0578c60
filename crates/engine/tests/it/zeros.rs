//! Zero is one number, whatever its sign, wherever statements compare fractions: `query/zeros.rs`, and what DataFusion does by itself.

use serde_json::json;
use tidemill::{Csv, Settings};

use crate::ward::Ward;

#[tokio::test(flavor = "multi_thread")]
async fn both_zeros_are_equal_wherever_sql_compares() {
    for partial_cache_bytes in [0, 32 << 20] {
        let ward = Ward::with(Settings { partial_cache_bytes, ..Settings::default() }).await;
        ward.mill.load("t", Csv::bytes("i,x,y\n1,0.0,-0.0\n2,-0.0,0.0\n3,1.5,1.5\n4,-2.5,0.0\n")).await.unwrap();
        let mut wrong = Vec::new();
        for (sql, expected) in [
            ("select count(*) from (select distinct x from t)", json!([[3]])),
            ("select count(distinct x), approx_distinct(x) from t", json!([[3], [3]])),
            ("select count(*) from (select x from t group by x having count(*) = 2)", json!([[1]])),
            ("select count(*) from (select x, y from t group by x, y)", json!([[3]])),
            ("select count(*) from (select x from t union select y from t)", json!([[3]])),
            ("select count(*) from (select x from t intersect select y from t)", json!([[2]])),
            ("select count(*) from (select x from t except select y from t)", json!([[1]])),
            ("select a.i as l, b.i as r from t a join t b on a.x = b.y order by l, r", json!([[1, 1, 1, 2, 2, 2, 3], [1, 2, 4, 1, 2, 4, 3]])),
            ("select a.i as l, b.i as r from t a join t b using (x) order by l, r", json!([[1, 1, 2, 2, 3, 4], [1, 2, 1, 2, 3, 4]])),
            ("select a.i as l, b.i as r from t a, t b where a.x < b.y and a.x >= 0 order by l", json!([[1, 2], [3, 3]])),
            ("select i from t where x not in (select y from t) order by i", json!([[4]])),
            ("select i from t where x in (select y from t where i = 1) order by i", json!([[1, 2]])),
            ("select i from t where x in (select y from t where i = 2) order by i", json!([[1, 2]])),
            ("select i from t where x not in (select y from t where i = 1) order by i", json!([[3, 4]])),
            ("select i from t a where exists (select 1 from t b where b.y = a.x and b.i = 1) order by i", json!([[1, 2]])),
            ("select i from t a where not exists (select 1 from t b where b.y = a.x and b.i = 2) order by i", json!([[3, 4]])),
            ("select a.i from t a join t b on a.x = b.y where b.i = 1 order by a.i", json!([[1, 2]])),
            ("select a.i from t a join (select x from t where i = 2) b using (x) order by a.i", json!([[1, 2]])),
            ("select a.i, count(b.i) as n from t a left join t b on a.x = b.y and b.i = 4 group by a.i order by a.i", json!([[1, 2, 3, 4], [1, 1, 0, 0]])),
            ("select i from t where x = (select y from t where i = 1) order by i", json!([[1, 2]])),
            ("select i, (select count(*) from t b where b.y = a.x) as n from t a order by i", json!([[1, 2, 3, 4], [3, 3, 1, 0]])),
            ("select i, count(*) over (partition by x) as n from t order by i", json!([[1, 2, 3, 4], [2, 2, 1, 1]])),
            ("select i, rank() over (order by x) as n from t order by i", json!([[1, 2, 3, 4], [2, 2, 4, 1]])),
            ("select i from t where x = y order by i", json!([[1, 2, 3]])),
            ("select count(*) filter (where x < y), count(nullif(x, y)), sum(case x when 0 then 1 else 0 end) from t", json!([[1], [1], [2]])),
            ("select i from t where x is not distinct from 0 order by i", json!([[1, 2]])),
        ] {
            let answer = ward.rows(sql).await;
            if answer != expected {
                wrong.push(format!("{sql}: {answer}, not {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{partial_cache_bytes}: {wrong:#?}");
        // What is deleted where it is true.
        for (condition, count) in [("x = y", 3), ("x < y", 1), ("x in (y, 7)", 3), ("x is distinct from 0", 2)] {
            assert_eq!(ward.mill.count_rows("t", condition).await.unwrap(), count, "{condition}");
        }
        // What is told of conditions is what was written.
        let lineage = ward.mill.lineage_sql("select i from t where x = y").await.unwrap();
        assert!(lineage.reads[0].conditions[0].contains("x = y"), "{:?}", lineage.reads[0].conditions);
    }
}
