"""Reads a table by two ways that share no code with the engine, and compares with what the engine says of it.

The one way is the reader of Delta tables of PyPI's deltalake. The other one is written here: it follows the log by itself, from a
checkpoint on where there is one, and reads the files that it names with pyarrow. What the engine says comes in as one JSON object:
{"table": path, "version": n, "columns": [{"name", "type"}], "aggregates": {column: {"count", "sum"?, "min"?, "max"?}},
"rows": [[..]] or null, "positions": {source: n}}. What differs goes out, a line each, and last "compared" with the number of differences.
"""

import datetime
import glob
import json
import math
import os
import sys
import urllib.parse

import pyarrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from deltalake import DeltaTable

UTC = datetime.timezone.utc


def by_the_log(table):
    """The rows of the latest version, its number and the positions of applications, by the log and the files that it names."""
    log = os.path.join(table, "_delta_log")
    versions = sorted(int(os.path.basename(path)[:20]) for path in glob.glob(os.path.join(log, "*.json")))
    checkpoints = sorted(int(os.path.basename(path)[:20]) for path in glob.glob(os.path.join(log, "*.checkpoint.parquet")))
    files, positions = {}, {}

    def take(kind, body):
        if kind == "add":
            files[body["path"]] = body
        elif kind == "remove":
            files.pop(body["path"], None)
        elif kind == "txn":
            positions[body["appId"]] = body["version"]

    begin = 0
    if checkpoints:
        begin = checkpoints[-1] + 1
        for row in parquet.read_table(os.path.join(log, f"{checkpoints[-1]:020}.checkpoint.parquet")).to_pylist():
            for kind in ("add", "txn"):
                if row.get(kind):
                    take(kind, row[kind])
    for version in range(begin, versions[-1] + 1):
        with open(os.path.join(log, f"{version:020}.json"), encoding="utf-8") as entry:
            for line in filter(str.strip, entry):
                for kind, body in json.loads(line).items():
                    take(kind, body)
    read = []
    for path, body in files.items():
        rows = parquet.read_table(os.path.join(table, urllib.parse.unquote(path)), partitioning=None)
        told = json.loads(body["stats"])["numRecords"]
        if rows.num_rows != told:
            print(f"{path} has {rows.num_rows} rows, and {told} by the log")
        read.append(rows)
    return pyarrow.concat_tables(read, promote_options="default"), versions[-1], positions


def by_deltalake(table, sources):
    """The same by the reader of deltalake."""
    delta = DeltaTable(table)
    positions = {source: delta.transaction_version(source) for source in sources}
    return delta.to_pyarrow_table(), delta.version(), positions


def plain(value, column_type):
    """A value as it can be compared: instants and dates by what they mean, floats as they are."""
    if value is None:
        return None
    if column_type == "timestamp":
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value)
        return value.astimezone(UTC).isoformat()
    if column_type == "date":
        return value if isinstance(value, str) else value.isoformat()
    if column_type == "float":
        return float(value)
    return value


def agree(name, ours, theirs, column_type):
    if name == "count" or ours is None or theirs is None:
        return ours == theirs
    # The order of additions is nobody's promise.
    if name == "sum" and column_type == "float":
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return plain(ours, column_type) == plain(theirs, column_type)


def aggregate(values, name):
    if name == "count":
        return len(values) - values.null_count
    if pyarrow.types.is_string_view(values.type):
        values = pyarrow.array(values.to_pylist(), pyarrow.string())
    if name == "sum":
        return compute.sum(values).as_py()
    return compute.min_max(values).as_py()[name]


def compare(way, rows, version, positions, said):
    if version != said["version"]:
        yield f"{way}: version {version}, not {said['version']}"
    for source, position in said["positions"].items():
        if positions.get(source) != position:
            yield f"{way}: {source} is at {positions.get(source)}, not {position}"
    names = [column["name"] for column in said["columns"]]
    if sorted(rows.column_names) != sorted(names):
        yield f"{way}: columns {rows.column_names}, not {names}"
        return
    types = {column["name"]: column["type"] for column in said["columns"]}
    for column, aggregates in said["aggregates"].items():
        for name, ours in aggregates.items():
            theirs = aggregate(rows[column], name)
            if not agree(name, ours, theirs, types[column]):
                yield f"{way}: {name} of {column} is {theirs}, not {ours}"
    if said["rows"] is not None:
        as_text = lambda row: json.dumps([plain(value, types[name]) for name, value in zip(names, row)], sort_keys=True)
        ours = sorted(map(as_text, said["rows"]))
        theirs = sorted(as_text([row[name] for name in names]) for row in rows.to_pylist())
        if ours != theirs:
            other = next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), None)
            yield f"{way}: {len(theirs)} rows, not {len(ours)}, or others: {other}"


def main():
    said = json.load(sys.stdin)
    found = 0
    for way, read in (("by the log", by_the_log(said["table"])), ("deltalake", by_deltalake(said["table"], said["positions"]))):
        for difference in compare(way, *read, said):
            found += 1
            print(difference)
    print(f"compared {found}")
    sys.stdout.flush()
    # Two libraries with threads of their own in one process may abort where these are taken down.
    os._exit(0)


main()
