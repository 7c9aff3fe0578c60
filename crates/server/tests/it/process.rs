//! The real binary: start, first setup line, a write that SIGTERM does not cut, the commands.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::harness::example;

pub(crate) fn tidemill(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidemill"));
    command.env_remove("TIDEMILL_DATA_DIR").current_dir(folder).stdin(Stdio::null());
    command
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    tidemill(folder).args(arguments).output().unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_starts_tells_the_setup_code_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Running(
        tidemill(folder.path())
            .args(["serve", "--data-dir", "data", "--address", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("First start. Open http://127.0.0.1:"), "{line}");
    let stop = Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap();
    assert!(stop.success());
    assert!(child.0.wait().unwrap().success());
}

#[test]
fn import_and_query_speak_to_people_and_machines() {
    let folder = tempfile::tempdir().unwrap();
    let airports = example("airports.csv").canonicalize().unwrap();
    let output = run(folder.path(), &["import", "--tenant", "acme", "--dataset", "airports", airports.to_str().unwrap()]);
    assert!(output.status.success() && text(&output).contains("1458 rows, 0 rejected"), "{}", text(&output));
    let output = run(folder.path(), &["query", "--tenant", "acme", "--sql", "select dst, count(*) as n from airports group by 1 order by 1"]);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("dst"), "{}", text(&output));
    let output = run(folder.path(), &["query", "--tenant", "acme", "--csv", r#"{"measures":["airports.count"]}"#]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "airports.count\r\n1458\n");
    let output = run(folder.path(), &["query", "--tenant", "acme", r#"{"mesures":[]}"#]);
    assert!(!output.status.success() && text(&output).contains("mesures"), "{}", text(&output));
}

#[test]
fn admin_makes_tenants_and_users() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["admin", "create-tenant", "acme"]).status.success());
    assert!(!run(folder.path(), &["admin", "create-tenant", "acme"]).status.success());
    assert!(!run(folder.path(), &["admin", "create-tenant", "../x"]).status.success());
    let made = run(folder.path(), &["admin", "create-user", "--tenant", "acme", "--role", "owner", "ann@example.com"]);
    assert!(text(&made).contains("password: "), "{}", text(&made));
    assert!(text(&run(folder.path(), &["admin", "reset-password", "ann@example.com"])).contains("new password"));
    assert!(text(&run(folder.path(), &["admin", "list-users", "--tenant", "acme"])).contains("ann@example.com"));
}

#[test]
fn wrong_settings_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, expected) in [
        ("TIDEMILL_AUTH__SECRET", "changeme", "auth.secret"),
        ("TIDEMILL_AUTH__SECRET", "", "auth.secret"),
        ("TIDEMILL_AUTH__SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "auth.secret"),
        ("TIDEMILL_HTTP__ADRESS", "x", "adress"),
        ("TIDEMILL_HTTP__MAX_UPLOAD_BYTES", "1", "max_upload_bytes"),
    ] {
        let output = tidemill(folder.path()).args(["serve", "--address", "127.0.0.1:0"]).env(name, value).output().unwrap();
        assert!(!output.status.success() && text(&output).contains(expected), "{name}={value}: {}", text(&output));
    }
    let output = tidemill(folder.path()).arg("check-config").env("TIDEMILL_AUTH__SECRET", "pX7vQ2mZ9rT4kB8wL1nY6cH3jD5fG0sA").output().unwrap();
    assert!(text(&output).contains("secret = \"***\"") && !text(&output).contains("pX7v"), "{}", text(&output));
}

#[test]
fn models_are_files_that_are_pulled_checked_and_pushed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let orders = file("orders.csv", "id,country,amount\n1,DE,5\n2,FR,7\n3,DE,9\n");
    let loaded = run(folder.path(), &["import", "--tenant", "acme", "--dataset", "orders", &orders]);
    assert!(loaded.status.success(), "{}", text(&loaded));

    // Out, changed by hand, and in again.
    let to = folder.path().join("models").display().to_string();
    let pulled = run(folder.path(), &["models", "pull", "--tenant", "acme", "--to", &to]);
    assert!(pulled.status.success(), "{}", text(&pulled));
    let path = folder.path().join("models/orders.yml");
    let written = std::fs::read_to_string(&path).unwrap();
    let path = path.display().to_string();
    let same = run(folder.path(), &["models", "push", "--tenant", "acme", &path]);
    assert!(text(&same).contains("orders: version 1, as it was"), "{}", text(&same));
    std::fs::write(&path, written.replace("label: Orders", "label: Sales")).unwrap();
    let pushed = run(folder.path(), &["models", "push", "--tenant", "acme", &path]);
    assert!(pushed.status.success() && text(&pushed).contains("orders: version 2"), "{}", text(&pushed));

    // What does not fit is told by file, line and name, and nothing is stored.
    let broken = file("broken.yml", &written.replace("label:", "lable:"));
    let checked = run(folder.path(), &["models", "check", "--tenant", "acme", &broken]);
    assert!(!checked.status.success() && text(&checked).contains("broken.yml") && text(&checked).contains("label"), "{}", text(&checked));
    let misspelt = written.replace("column: amount", "column: amont");
    let line = misspelt.lines().position(|line| line.contains("amont")).unwrap() + 1;
    let unfit = file("unfit.yml", &misspelt);
    let checked = run(folder.path(), &["models", "push", "--tenant", "acme", &unfit]);
    assert!(
        !checked.status.success()
            && text(&checked).contains("did you mean amount")
            && text(&checked).contains("nothing is stored")
            && text(&checked).contains(&format!("unfit.yml:{line}:")),
        "{}",
        text(&checked)
    );

    // Policies are not lost by a file that does not know them, and a file that is older than what is stored does not undo that.
    let policy = "access_policies:\n  - name: own\n    rows:\n      - member: orders.country\n        operator: equals\n        values: [\"{user.country}\"]\n";
    let with_policy = file("policy.yml", &format!("{}{policy}", written.replace("version: 1", "version: 2")));
    let pushed = run(folder.path(), &["models", "push", "--tenant", "acme", &with_policy]);
    assert!(pushed.status.success() && text(&pushed).contains("version 3"), "{}", text(&pushed));
    let old = run(folder.path(), &["models", "push", "--tenant", "acme", &path]);
    assert!(!old.status.success() && text(&old).contains("--drop-policies") && text(&old).contains("version 1, and 3 is stored"), "{}", text(&old));
    let twice = run(folder.path(), &["models", "check", "--tenant", "acme", &with_policy, &with_policy]);
    assert!(!twice.status.success() && text(&twice).contains("stands twice"), "{}", text(&twice));

    // A model of Cube, with what cannot be carried over said.
    let cube = file(
        "cube.yml",
        "cubes:\n  - name: orders\n    sql_table: shop.orders\n    dimensions:\n      - {name: country, sql: country, type: string}\n      - {name: place, sql: place, type: switch}\n    measures:\n      - {name: revenue, sql: amount, type: sum}\n",
    );
    let pushed = run(folder.path(), &["models", "push", "--tenant", "acme", "--format", "cube", &cube]);
    assert!(pushed.status.success() && text(&pushed).contains("place"), "{}", text(&pushed));
    let asked = run(folder.path(), &["query", "--tenant", "acme", "--csv", r#"{"measures": ["orders.revenue"], "dimensions": ["orders.country"]}"#]);
    assert!(text(&asked).contains("DE,14"), "{}", text(&asked));

    // What does not fit, or is left out, has the line that it was read from.
    let misread = file(
        "misread.yml",
        "cubes:\n  - name: sales\n    sql_table: shop.orders\n    dimensions:\n      - {name: place, type: geo}\n      - name: country\n        sql: countr\n        type: string\n",
    );
    let checked = run(folder.path(), &["models", "check", "--tenant", "acme", "--format", "cube", &misread]);
    for told in ["misread.yml:5:9: sales.dimensions.place: left out: ", "misread.yml:7:14: model orders dimensions[0].column", "did you mean country"] {
        assert!(!checked.status.success() && text(&checked).contains(told), "{told}: {}", text(&checked));
    }

    let pulled = run(folder.path(), &["models", "pull", "--tenant", "acme"]);
    assert!(text(&pulled).contains("{user.country}"), "{}", text(&pulled));

    // A view beside its model: in, out, and kept from being broken.
    let view = file("sales.view.yml", "name: sales\nlabel: Sales\ninclude:\n  - {path: orders, members: [revenue, {name: country, alias: land}]}\n");
    let checked = run(folder.path(), &["models", "check", "--tenant", "acme", &view]);
    assert!(checked.status.success() && text(&checked).contains("0 models fit, and 1 views"), "{}", text(&checked));
    let pushed = run(folder.path(), &["models", "push", "--tenant", "acme", &view]);
    assert!(pushed.status.success() && text(&pushed).contains("view sales: version 1"), "{}", text(&pushed));
    let same = run(folder.path(), &["models", "push", "--tenant", "acme", &view]);
    assert!(text(&same).contains("view sales: version 1, as it was"), "{}", text(&same));
    let asked = run(folder.path(), &["query", "--tenant", "acme", "--csv", r#"{"measures": ["sales.revenue"], "dimensions": ["sales.land"]}"#]);
    assert!(text(&asked).contains("DE,14"), "{}", text(&asked));
    let pulled = run(folder.path(), &["models", "pull", "--tenant", "acme", "--to", &to]);
    assert!(text(&pulled).contains("sales.view.yml"), "{}", text(&pulled));
    let model = std::fs::read_to_string(folder.path().join("models/orders.yml")).unwrap();
    let breaking = file("breaking.yml", &model.replace("revenue", "turnover").replace("Revenue", "Turnover"));
    let refused = run(folder.path(), &["models", "push", "--tenant", "acme", &breaking]);
    assert!(!refused.status.success() && text(&refused).contains("these models would break it"), "{}", text(&refused));
    // Both at once may change what neither may alone.
    let renamed = file("renamed.view.yml", "name: sales\nlabel: Sales\ninclude:\n  - {path: orders, members: [{name: turnover, alias: revenue}, {name: country, alias: land}]}\n");
    let both = run(folder.path(), &["models", "push", "--tenant", "acme", &breaking, &renamed]);
    assert!(both.status.success() && text(&both).contains("view sales: version 2"), "{}", text(&both));
    let asked = run(folder.path(), &["query", "--tenant", "acme", "--csv", r#"{"measures": ["sales.revenue"], "dimensions": ["sales.land"]}"#]);
    assert!(text(&asked).contains("DE,14"), "{}", text(&asked));

    // Open Semantic Interchange, out and in.
    let osi = run(folder.path(), &["models", "pull", "--tenant", "acme", "--format", "osi"]);
    let osi = file("acme.osi.yml", &String::from_utf8_lossy(&osi.stdout));
    let checked = run(folder.path(), &["models", "check", "--tenant", "acme", "--format", "osi", &osi]);
    assert!(checked.status.success() && text(&checked).contains("1 models fit"), "{}", text(&checked));
    let field = "{name: country, datatype: String, expression: {dialects: [{dialect: ANSI_SQL, expression: countr}]}}";
    let misread =
        file("misread.osi.yml", &format!("semantic_model:\n  - name: shop\n    datasets:\n      - name: sales\n        source: orders\n        fields:\n          - {field}\n"));
    let checked = run(folder.path(), &["models", "check", "--tenant", "acme", "--format", "osi", &misread]);
    assert!(!checked.status.success() && text(&checked).contains("misread.osi.yml:7:13: model orders dimensions[0]"), "{}", text(&checked));
}
