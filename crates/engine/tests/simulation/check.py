"""Reads a dataset without any code of the engine: follows its log from entry to entry, and reads the segments that it names.

One path of a dataset and the columns that are wanted (`*`: all) come in as a line, with a tab between them. One JSON object a line goes
out: {"columns": {name: [value]}, "types": {name: type}, "positions": {source: number}}, or {"error": text} where the log contradicts
itself: a segment goes that was not there, rows are more or fewer than the entry says, a key comes twice, a rejected row comes corrected
twice, a source goes on from where it is not, a checkpoint says something else than the entries before it.
"""

import json
import os
import re
import sys

import pyarrow
import pyarrow.parquet as parquet

ENTRY = re.compile(r"^(\d{20})\.json$")
CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint\.parquet$")
# How the names of transactions begin that are idempotency keys; the others are sources.
KEY = "tidemill.load/"


class State:
    """What a version of a dataset is."""

    def __init__(self):
        self.live = {}
        self.schema = {}
        self.positions = {}
        self.keys = set()
        self.replayed = set()

    def same(self, other):
        return (self.live.keys(), self.schema, self.positions) == (other.live.keys(), other.schema, other.positions)

    def replay(self, load):
        replays = load.get("replays") or {}
        for number in replays.get("rejects", []):
            row = (replays["load_id"], number)
            if row in self.replayed:
                raise ValueError(f"rejected row {row} came corrected twice")
            self.replayed.add(row)

    def go_on(self, version, part):
        if not part:
            return
        position = self.positions.get(part["source"])
        if position != part.get("from"):
            raise ValueError(f"version {version} goes on with {part}, but the source is at {position}")
        self.positions[part["source"]] = part["to"]


def schema_of(body):
    return {field["name"]: field["type"] for field in json.loads(body["schemaString"])["fields"]}


def rows_of(add):
    return json.loads(add["stats"])["numRecords"]


def read_checkpoint(path):
    state = State()
    for row in parquet.read_table(path).to_pylist():
        if row.get("add"):
            state.live[row["add"]["path"]] = row["add"]
        if row.get("metaData"):
            state.schema = schema_of(row["metaData"])
        if row.get("txn"):
            name = row["txn"]["appId"]
            if name.startswith(KEY):
                state.keys.add(name)
            else:
                state.positions[name] = row["txn"]["version"]
        load = (row.get("tidemill") or {}).get("load")
        if load:
            state.replay(json.loads(load)["load"])
    return state


def read_entry(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield from json.loads(line).items()


def apply(state, version, entry):
    """One entry of the log."""
    rows, said = 0, 0
    for kind, body in entry:
        if kind == "commitInfo":
            loads = body.get("tidemill.loads", [])
            said = sum(load["rows"] for load in loads) - int((body.get("operationMetrics") or {}).get("numDeletedRows", 0))
            for load in loads:
                state.replay(load)
                state.go_on(version, load.get("advance"))
        elif kind == "metaData":
            state.schema = schema_of(body)
        elif kind == "remove":
            if body["path"] not in state.live:
                raise ValueError(f"version {version} removes {body['path']}, which is not there")
            rows -= rows_of(state.live.pop(body["path"]))
        elif kind == "add":
            if body["path"] in state.live:
                raise ValueError(f"version {version} adds {body['path']}, which is there")
            state.live[body["path"]] = body
            rows += rows_of(body)
        elif kind == "txn" and body["appId"].startswith(KEY):
            if body["appId"] in state.keys:
                raise ValueError(f"version {version} brings the key {body['appId']} once more")
            state.keys.add(body["appId"])
    if rows != said:
        raise ValueError(f"version {version} has {rows} rows more than the one before, it says {said}")
    for kind, body in entry:
        if kind == "txn" and not body["appId"].startswith(KEY) and state.positions.get(body["appId"]) != body["version"]:
            raise ValueError(f"version {version} tells others that {body['appId']} is at {body['version']}, its loads that it is at {state.positions}")


def follow(log):
    """The latest version: the first one that is whole by itself, and all entries after it, without a gap."""
    names = os.listdir(log)
    entries = sorted(int(match[1]) for match in map(ENTRY.match, names) if match)
    if not entries:
        return None
    checkpoints = {int(match[1]) for match in map(CHECKPOINT.match, names) if match}

    def checkpoint(version):
        return read_checkpoint(os.path.join(log, f"{version:020}.checkpoint.parquet"))

    if entries[0] == 0:
        first, state = 0, State()
    else:
        first = min(version for version in checkpoints if version >= entries[0]) + 1
        state = checkpoint(first - 1)
    for version in range(first, entries[-1] + 1):
        apply(state, version, list(read_entry(os.path.join(log, f"{version:020}.json"))))
        if version in checkpoints and not state.same(checkpoint(version)):
            raise ValueError(f"the checkpoint of version {version} is not what the log says")
    return state


def typed(path, table, schema):
    """That a segment has the types that the dataset has."""
    wanted = {"long": pyarrow.int64(), "double": pyarrow.float64()}
    for field in table.schema:
        expected = wanted.get(schema.get(field.name))
        if expected is not None and field.type != expected:
            raise ValueError(f"{path} has {field.name} as {field.type}, the dataset as {expected}")


def read(dataset, wanted):
    log = os.path.join(dataset, "_delta_log")
    state = follow(log) if os.path.isdir(log) else None
    if state is None:
        return {"columns": {}, "types": {}, "positions": {}}
    columns = {name: [] for name in (state.schema if wanted == "*" else wanted.split(","))}
    if not columns.keys() <= state.schema.keys():
        raise ValueError(f"there are the columns {state.schema}, and not all of {wanted}")
    for path, add in state.live.items():
        segment = os.path.join(dataset, path)
        if os.path.getsize(segment) != add["size"]:
            raise ValueError(f"{path} has {os.path.getsize(segment)} bytes, the log says {add['size']}")
        file = parquet.ParquetFile(segment, page_checksum_verification=True)
        there = set(file.schema_arrow.names)
        table = file.read(columns=[name for name in columns if name in there])
        typed(path, table, state.schema)
        if file.metadata.num_rows != rows_of(add):
            raise ValueError(f"{path} has {file.metadata.num_rows} rows, the log says {rows_of(add)}")
        for name, values in columns.items():
            # A column that has come since is null.
            values.extend(table.column(name).to_pylist() if name in there else [None] * file.metadata.num_rows)
    return {"columns": columns, "types": state.schema, "positions": state.positions}


for line in sys.stdin:
    try:
        answer = read(*line.rstrip("\n").split("\t"))
    except Exception as error:  # Whatever it is, the caller has to know.
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, default=str), flush=True)
