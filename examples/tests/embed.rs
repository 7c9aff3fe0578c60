//! The example runs and its facts are right.

use std::process::Command;

#[test]
fn the_example_tells_the_facts_of_the_flights() {
    let output = Command::new(env!("CARGO_BIN_EXE_embed")).output().unwrap();
    let (printed, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}\n{complaints}");
    for fact in [
        "loaded 336776 rows, rejected 0, version 0",
        r#"busiest carriers [["UA","B6","EV"],[58665,54635,54173],"#,
        r#"flights by origin [["EWR","JFK","LGA"],[120835,111279,104662]]"#,
        "live at version 0",
        r#""type":"patch","from":0,"to":1"#,
        "58666",
    ] {
        assert!(printed.contains(fact), "{fact:?} is missing in\n{printed}");
    }
}
