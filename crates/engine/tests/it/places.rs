//! Geo roles: what the names of columns tell, what cannot be, and what is left of a point whose half is not seen.

use serde_json::{Value, json};
use tidemill::{Csv, Dimension, ErrorKind, GeoRole, Mill};

use crate::access::{seen_by, set_policies};
use crate::views::save;
use crate::ward::Ward;

async fn trips() -> Ward {
    let ward = Ward::new().await;
    let rows = "rider,city,start_lat,start_lon,end_lat,end_lon\na,Rome,41.9,12.5,59.9,10.7\nb,Oslo,59.9,10.7,41.9,12.5\n";
    ward.mill.load("trips", Csv::bytes(rows)).await.unwrap();
    ward
}

/// The roles that somebody sees.
async fn roles(mill: &Mill) -> Vec<String> {
    let told = |dimension: Dimension| Some(format!("{} {}{}", dimension.name, dimension.geo?.name(), dimension.latitude.map(|of| format!(" of {of}")).unwrap_or_default()));
    mill.model("trips").await.unwrap().dimensions.into_iter().filter_map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_columns_are_called_is_what_a_model_begins_with() {
    let ward = trips().await;
    let all = ["city city", "start_lat latitude", "start_lon longitude of start_lat", "end_lat latitude", "end_lon longitude of end_lat"];
    assert_eq!(roles(&ward.mill).await, all);
    set_policies(&ward.mill, "trips", json!([{"name": "start_only", "hidden": ["end_lat"]}])).await;
    assert_eq!(roles(&seen_by(&ward, &[])).await, &all[..3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_cannot_be_are_refused_with_their_place() {
    let ward = trips().await;
    for (column, keys, field, says) in [
        ("rider", json!({"type": "string", "geo": "latitude"}), "dimensions[6].geo", "a latitude is a number of degrees"),
        ("end_lat", json!({"type": "float", "geo": "city"}), "dimensions[6].geo", "a city is a text"),
        ("end_lat", json!({"type": "float", "geo": "latitude"}), "dimensions[6].geo", "no longitude belongs to it"),
        ("end_lon", json!({"type": "float", "geo": "longitude"}), "dimensions[6].latitude", "write latitude: start_lat or end_lat"),
        ("end_lon", json!({"type": "float", "geo": "longitude", "latitude": "end_lta"}), "dimensions[6].latitude", "did you mean end_lat?"),
        ("end_lon", json!({"type": "float", "geo": "longitude", "latitude": "end_lat"}), "dimensions[6].latitude", "is the latitude of end_lon already"),
    ] {
        let mut dimension = json!({"name": "it", "label": "It", "column": column});
        dimension.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        let mut model = ward.mill.model("trips").await.unwrap();
        model.dimensions.push(serde_json::from_value(dimension).unwrap());
        let version = model.version;
        let error = ward.mill.update_model(model, version).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)), "{keys}: {error}");
        assert!(error.message().starts_with("dimension it: ") && error.message().contains(says), "{keys}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_has_the_points_of_which_it_shows_both_halves() {
    let ward = trips().await;
    let include = |members: Value| json!({"name": "rides", "label": "Rides", "include": [{"path": "trips", "members": members, "prefix": true}]});
    let from = json!([{"name": "start_lon", "alias": "from_east"}, {"name": "start_lat", "alias": "from_north"}, "end_lat", "city"]);
    save(&ward.mill, include(from)).await.unwrap();
    let detail = ward.mill.view_detail("rides").await.unwrap();
    let shown: Vec<_> = detail.dimensions.iter().map(|dimension| (dimension.name.as_str(), dimension.geo, dimension.latitude.as_deref())).collect();
    assert_eq!(
        shown,
        [
            ("trips_from_east", Some(GeoRole::Longitude), Some("trips_from_north")),
            ("trips_from_north", Some(GeoRole::Latitude), None),
            ("trips_end_lat", None, None),
            ("trips_city", Some(GeoRole::City), None),
        ]
    );
}
