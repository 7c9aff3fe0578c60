#!/usr/bin/env python3
"""Asks chDB, the embedded ClickHouse, the twelve questions of the dashboard and prints medians as JSON.

    cargo xtask bench dashboards -- --rows 1000000 --export /tmp/events
    pip install chdb
    python3 benches/peers/chdb.py /tmp/events

The events become a MergeTree table in a temporary folder, ordered by time.
"""

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time

# This file has the name of the library and must not be taken for it.
sys.path.pop(0)

try:
    from chdb import session
except ImportError:
    sys.exit("chDB is not installed: pip install chdb")


TABLE = """create table events (event_at DateTime64(6, 'UTC'), event_type String, country String, device String, browser String,
    url String, user_id Int64, session_id Int64, duration_ms Int64, revenue Nullable(Float64)) engine = MergeTree order by event_at"""


def translated(sql):
    """The one word that ClickHouse does not share: an instant with a fraction of a second."""
    return re.sub(r"timestamp '([^']+)'", r"toDateTime64('\1', 6, 'UTC')", sql)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="what --export wrote")
    parser.add_argument("--runs", type=int, default=3, help="timed runs of each question")
    args = parser.parse_args()
    folder = os.path.abspath(args.folder)
    with open(os.path.join(folder, "questions.json"), encoding="utf-8") as file:
        exported = json.load(file)
    with tempfile.TemporaryDirectory(prefix="tidemill-chdb-") as store:
        database = session.Session(store)

        def ask(sql, form="CSV"):
            return str(database.query(sql, form)).strip()

        start = time.perf_counter()
        ask("create database bench")
        ask("use bench")
        events = os.path.join(folder, "events.parquet")
        ask(TABLE)
        ask(f"insert into events select * from file('{os.path.join(folder, 'events.parquet')}', Parquet)")
        loaded = time.perf_counter() - start
        rows = int(ask("select count() from events"))
        if rows != exported["rows"]:
            sys.exit(f"{rows} rows instead of {exported['rows']}")
        questions = []
        for question in exported["questions"]:
            sql = translated(question["sql"])
            counted = int(ask(f"select count() from ({sql})"))
            if counted != question["rows"]:
                sys.exit(f"{question['name']}: {counted} rows instead of {question['rows']}")
            times = []
            for _ in range(args.runs + 1):
                start = time.perf_counter()
                ask(sql)
                times.append((time.perf_counter() - start) * 1e3)
            questions.append({"name": question["name"], "median_ms": round(statistics.median(times[1:]), 2)})
        version = ask("select version()").strip('"')
        database.close()
    total = round(sum(question["median_ms"] for question in questions), 2)
    print(json.dumps({"system": f"chDB (ClickHouse {version})", "rows": rows, "load_s": round(loaded, 1), "all_ms": total, "questions": questions}, indent=2))


if __name__ == "__main__":
    main()
