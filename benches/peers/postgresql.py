#!/usr/bin/env python3
"""Asks PostgreSQL the twelve questions of the dashboard and prints medians as JSON.

    cargo xtask bench dashboards -- --rows 1000000 --export /tmp/events
    python3 benches/peers/postgresql.py /tmp/events

It makes a cluster of its own in a temporary folder, without a port, and removes it afterwards. Needed are PostgreSQL's
programs (Debian: `apt-get install postgresql`) and, for root, whom PostgreSQL refuses, the user `postgres`.
"""

import argparse
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TABLE = """create table events (event_at timestamp not null, event_type text, country text, device text, browser text,
    url text, user_id bigint, session_id bigint, duration_ms bigint, revenue double precision)"""
# What its manual advises for a machine that serves nothing else; everything else is as it comes.
SETTINGS = ["shared_buffers=2GB", "work_mem=64MB", "effective_cache_size=8GB", "max_wal_size=4GB", "listen_addresses="]


def programs():
    """The folder of the newest PostgreSQL."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    if initdb is None:
        sys.exit("PostgreSQL is not installed: there is no initdb")
    return os.path.dirname(os.path.realpath(initdb))


class Cluster:
    """A running server, which ends with the block."""

    def __init__(self):
        self.bin = programs()
        self.folder = tempfile.mkdtemp(prefix="tidemill-postgresql-")
        self.owner = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.owner = ["runuser", "-u", "postgres", "--"]

    def run(self, program, *args):
        command = [*self.owner, os.path.join(self.bin, program), *args]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=sys.stderr)

    def __enter__(self):
        data = os.path.join(self.folder, "data")
        self.run("initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
        options = " ".join(["-k", self.folder, *(f"-c {setting}" for setting in SETTINGS)])
        self.run("pg_ctl", "--pgdata", data, "--wait", "--log", os.path.join(self.folder, "log"), "--options", options, "start")
        return self

    def __exit__(self, *_):
        try:
            self.run("pg_ctl", "--pgdata", os.path.join(self.folder, "data"), "--wait", "--mode", "fast", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text):
        """What psql prints, rows without decoration."""
        command = [os.path.join(self.bin, "psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--host", self.folder, "--username", "postgres", "postgres"]
        return subprocess.run(command, input=text, check=True, text=True, stdout=subprocess.PIPE).stdout

    def times_ms(self, question, runs):
        """How long the server and psql took, once to warm up and then some times."""
        text = "\\timing on\n\\o /dev/null\n" + f"{question};\n" * (runs + 1)
        times = [float(time) for time in re.findall(r"^Time: ([0-9.]+) ms", self.sql(text), re.MULTILINE)]
        if len(times) != runs + 1:
            sys.exit(f"psql told {len(times)} times of {runs + 1}: {question}")
        return times[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="what --export wrote")
    parser.add_argument("--runs", type=int, default=3, help="timed runs of each question")
    args = parser.parse_args()
    folder = os.path.abspath(args.folder)
    with open(os.path.join(folder, "questions.json"), encoding="utf-8") as file:
        exported = json.load(file)
    with Cluster() as cluster:
        start = time.perf_counter()
        csv = os.path.join(folder, "events.csv")
        cluster.sql(f"{TABLE};\n\\copy events from '{csv}' (format csv, header)\ncreate index on events using brin (event_at);\nvacuum (analyze) events;\ncheckpoint;")
        loaded = time.perf_counter() - start
        rows = int(cluster.sql("select count(*) from events"))
        if rows != exported["rows"]:
            sys.exit(f"{rows} rows instead of {exported['rows']}")
        questions = []
        for question in exported["questions"]:
            counted = int(cluster.sql(f"select count(*) from ({question['sql']}) as answer"))
            if counted != question["rows"]:
                sys.exit(f"{question['name']}: {counted} rows instead of {question['rows']}")
            questions.append({"name": question["name"], "median_ms": round(statistics.median(cluster.times_ms(question["sql"], args.runs)), 2)})
        version = cluster.sql("show server_version").strip()
    total = round(sum(question["median_ms"] for question in questions), 2)
    print(json.dumps({"system": f"PostgreSQL {version}", "settings": SETTINGS, "rows": rows, "load_s": round(loaded, 1), "all_ms": total, "questions": questions}, indent=2))


if __name__ == "__main__":
    main()
