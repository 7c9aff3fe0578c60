"""Counts the rows of a dataset without any code of the engine: reads the log and the segments that it names.

One path of a dataset a line comes in, one JSON object a line goes out: {"rows": {id: count}} or {"error": text}.
"""

import json
import os
import re
import sys

import pyarrow.parquet as parquet

ENTRY = re.compile(r"^(\d{20})\.json$")
CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint\.parquet$")


def actions_of_checkpoint(path):
    for row in parquet.read_table(path).to_pylist():
        for kind in ("add", "remove", "metaData"):
            if row.get(kind):
                yield kind, row[kind]


def actions_of_entry(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                for kind, body in json.loads(line).items():
                    yield kind, body


def live_segments(log):
    """Segments of the latest version: the newest checkpoint and the entries after it, without a gap."""
    names = os.listdir(log)
    entries = sorted(int(match[1]) for match in map(ENTRY.match, names) if match)
    if not entries:
        return {}
    usable = [int(match[1]) for match in map(CHECKPOINT.match, names) if match]
    begin = max((version for version in usable if version <= entries[-1]), default=None)
    live = {}

    def apply(actions):
        for kind, body in actions:
            if kind == "add":
                live[body["path"]] = body
            elif kind == "remove":
                live.pop(body["path"], None)

    if begin is not None:
        apply(actions_of_checkpoint(os.path.join(log, f"{begin:020}.checkpoint.parquet")))
    first = 0 if begin is None else begin + 1
    for version in range(first, entries[-1] + 1):
        apply(actions_of_entry(os.path.join(log, f"{version:020}.json")))
    return live


def count(dataset):
    log = os.path.join(dataset, "_delta_log")
    if not os.path.isdir(log):
        return {}
    counts = {}
    for path, add in live_segments(log).items():
        segment = os.path.join(dataset, path)
        if os.path.getsize(segment) != add["size"]:
            raise ValueError(f"{path} has {os.path.getsize(segment)} bytes, the log says {add['size']}")
        table = parquet.ParquetFile(segment, page_checksum_verification=True).read(columns=["id"])
        stated = json.loads(add["stats"])["numRecords"]
        if table.num_rows != stated:
            raise ValueError(f"{path} has {table.num_rows} rows, the log says {stated}")
        for value in table.column("id").to_pylist():
            counts[value] = counts.get(value, 0) + 1
    return counts


for line in sys.stdin:
    try:
        answer = {"rows": {str(key): value for key, value in count(line.rstrip("\n")).items()}}
    except Exception as error:  # Whatever it is, the caller has to know.
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
