"""Makes the files beside this script, with programs that are not ours: what they write, the loader must read.

    pip install pyarrow fastavro openpyxl xlsxwriter cramjam zstandard
    python make.py

The files are committed, so that tests need no Python. Every one of `orders.*` holds the same five rows, as far as its
format can say them.
"""

import bz2
import datetime as dt
import gzip
import io
import json
import lzma
import pathlib
import zipfile

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import xlsxwriter

HERE = pathlib.Path(__file__).parent
UTC = dt.timezone.utc


def row(number, name, amount, paid, day, at, address, tags):
    return {"id": number, "name": name, "amount": amount, "paid": paid, "day": day, "at": at, "address": address, "tags": tags}


ROWS = [
    row(1, "Größe", 9.5, True, dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 5, 0, tzinfo=UTC), {"city": "Köln", "zip": "50667"}, ["new", "vip"]),
    row(2, 'a "b", c', -3.0, False, dt.date(2026, 2, 1), dt.datetime(2026, 2, 1, 23, 59, 59, 500000, tzinfo=UTC), {"city": "Bern", "zip": None}, []),
    row(3, None, None, None, None, None, None, None),
    row(4, "漢字", 0.25, True, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, tzinfo=UTC), {"city": None, "zip": "00501"}, ["x", None]),
    row(5, "last", 1e6, False, dt.date(1999, 12, 31), dt.datetime(1999, 12, 31, 12, 0, tzinfo=UTC), {"city": "Köln", "zip": "50668"}, ["vip"]),
]


def table(kinds=()):
    schema = pa.schema(
        [
            ("id", pa.int32()),
            ("name", pa.dictionary(pa.int8(), pa.string()) if "dictionary" in kinds else pa.string()),
            ("amount", pa.float64()),
            ("paid", pa.bool_()),
            ("day", pa.date32()),
            ("at", pa.timestamp("ns", "UTC")),
            ("address", pa.struct([("city", pa.string()), ("zip", pa.string())])),
            ("tags", pa.large_list(pa.string()) if "large" in kinds else pa.list_(pa.string())),
        ]
    )
    return pa.Table.from_pylist(ROWS, schema)


def columns():
    pa.parquet.write_table(table(), HERE / "orders.parquet", compression="zstd")
    pa.feather.write_feather(table({"dictionary", "large"}), HERE / "orders.feather", compression="lz4", chunksize=2)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(HERE / "orders.arrow", table().schema, options=options) as writer:
        writer.write_table(table(), max_chunksize=3)
    with pa.ipc.new_stream(HERE / "orders.arrows", table({"dictionary"}).schema) as writer:
        writer.write_table(table({"dictionary"}), max_chunksize=2)
    legacy = pa.ipc.IpcWriteOptions(use_legacy_format=True)
    with pa.ipc.new_stream(HERE / "orders-legacy.arrows", table().schema, options=legacy) as writer:
        writer.write_table(table())
    # A map, and types that other programs like.
    odd = pa.table(
        {
            "attributes": pa.array([[("a", 1), ("b", 2)], None, []], pa.map_(pa.string(), pa.int16())),
            "price": pa.array([1, 2, None], pa.decimal128(10, 2)),
            "clock": pa.array([dt.time(5, 30), None, dt.time(23, 59, 59)], pa.time64("us")),
            "nothing": pa.nulls(3),
            "big": pa.array([1, 2**63, 3], pa.uint64()),
            "deep": pa.array([[{"n": [1, 2]}], None, [{"n": None}]], pa.list_(pa.struct([("n", pa.list_(pa.int64()))]))),
        }
    )
    pa.feather.write_feather(odd, HERE / "odd.feather", compression="uncompressed")


def avro():
    optional = lambda kind: ["null", kind]
    schema = {
        "type": "record",
        "name": "Order",
        "namespace": "org.example",
        "fields": [
            {"name": "id", "type": "long"},
            {"name": "name", "type": optional("string")},
            {"name": "amount", "type": optional("double")},
            {"name": "paid", "type": optional("boolean")},
            {"name": "day", "type": optional({"type": "int", "logicalType": "date"})},
            {"name": "at", "type": optional({"type": "long", "logicalType": "timestamp-micros"})},
            {"name": "address", "type": optional({"type": "record", "name": "Address", "fields": [{"name": "city", "type": optional("string")}, {"name": "zip", "type": optional("string")}]})},
            {"name": "tags", "type": optional({"type": "array", "items": optional("string")})},
        ],
    }
    parsed = fastavro.parse_schema(schema)
    for codec in ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"]:
        with open(HERE / f"orders-{codec}.avro", "wb") as out:
            # Blocks of about two rows.
            fastavro.writer(out, parsed, ROWS, codec=codec, sync_interval=40, sync_marker=b"0123456789abcdef")
    kinds = {
        "type": "record",
        "name": "Kinds",
        "fields": [
            {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["open", "closed"]}},
            {"name": "counts", "type": {"type": "map", "values": "int"}},
            {"name": "home", "type": {"type": "record", "name": "Place", "fields": [{"name": "lat", "type": "float"}]}},
            {"name": "work", "type": ["null", "Place"]},
        ],
    }
    rows = [{"state": "open", "counts": {"a": 1}, "home": {"lat": 0.5}, "work": {"lat": 1.5}}, {"state": "closed", "counts": {}, "home": {"lat": -1}, "work": None}]
    with open(HERE / "kinds.avro", "wb") as out:
        fastavro.writer(out, fastavro.parse_schema(kinds), rows, sync_marker=b"0123456789abcdef")


def excel():
    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = dt.datetime(2026, 1, 1)
    notes = book.active
    notes.title = "Notes"
    notes.sheet_state = "hidden"
    notes["A1"] = "This sheet is hidden"
    sheet = book.create_sheet("Orders")
    sheet.append(["id", "name", "amount", "paid", "day", "at"])
    for one in ROWS:
        at = one["at"].replace(tzinfo=None) if one["at"] else None
        sheet.append([one["id"], one["name"], one["amount"], one["paid"], one["day"], at])
    framed = book.create_sheet("Framed")
    framed["B2"] = "Sales of the year"
    for place, text in zip("CDE", ["City", "2025", "2026"]):
        framed[f"{place}4"] = text
    for line, (city, before, now) in enumerate([("Köln", 5, 7.5), ("Bern", None, 2)], start=5):
        framed[f"C{line}"], framed[f"D{line}"], framed[f"E{line}"] = city, before, now
    framed["C8"], framed["E8"] = "Total", "=SUM(E5:E6)"
    twice = book.create_sheet("Twice")
    twice.append(["a", "b", "A"])
    twice.append([1, 2, 3])
    mixed = book.create_sheet("Mixed")
    mixed.append(["n", "text", "span"])
    mixed.append([1, "007", dt.timedelta(hours=30, minutes=5)])
    mixed.append(["=1/0", "x", None])
    mixed.append(["#N/A", "y", None])
    mixed.append([2.5, 8, dt.time(6, 30)])
    mixed.append([None, None, None])
    mixed.append([3, "z", None, "beyond"])
    for line in (3, 4):
        mixed[f"A{line}"].data_type = "e"
    mixed["A3"].value = "#DIV/0!"
    mixed["A3"].data_type = "e"
    book.create_sheet("Empty")
    book.save(HERE / "orders.xlsx")

    # Another program: shared texts, and dates counted from 1904.
    with xlsxwriter.Workbook(str(HERE / "orders-1904.xlsx"), {"date_1904": True, "constant_memory": True}) as other:
        other.set_properties({"created": dt.datetime(2026, 1, 1)})
        page = other.add_worksheet("Orders")
        day = other.add_format({"num_format": "yyyy-mm-dd"})
        moment = other.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for column, name in enumerate(["id", "name", "amount", "paid", "day", "at"]):
            page.write(0, column, name)
        for line, one in enumerate(ROWS, start=1):
            page.write_number(line, 0, one["id"])
            if one["name"] is None:
                continue
            page.write_string(line, 1, one["name"])
            page.write_number(line, 2, one["amount"])
            page.write_boolean(line, 3, one["paid"])
            if one["day"].year >= 1904:
                page.write_datetime(line, 4, dt.datetime.combine(one["day"], dt.time()), day)
                page.write_datetime(line, 5, one["at"].replace(tzinfo=None), moment)

    # Small when packed, large when not.
    bomb = io.BytesIO()
    with zipfile.ZipFile(HERE / "orders.xlsx") as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet2.xml"):
                content = content.replace(b"</sheetData>", b" " * (40 << 20) + b"</sheetData>")
            out.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)
    (HERE / "bomb.xlsx").write_bytes(bomb.getvalue())


def plain(value):
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, dt.date) else value


def text():
    objects = [{key: plain(value) for key, value in one.items()} for one in ROWS]
    document = {"status": "ok", "page": {"number": 1, "of": [1, 2]}, "data": {"note": "]}{[\"", "items": objects}, "after": [{"id": 99}]}
    (HERE / "orders.json").write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
    (HERE / "orders.ndjson").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects), "utf-8")

    lines = ["id;name;amount"] + [f"{one['id']};{one['name'] if one['name'] and ord(one['name'][0]) < 256 else ''};{'' if one['amount'] is None else one['amount']}" for one in ROWS]
    lines = [line.replace('a "b", c', '"a ""b"", c"') for line in lines]
    content = "\r\n".join(lines) + "\r\n"
    (HERE / "orders-utf16le.csv").write_bytes(content.encode("utf-16le"))
    (HERE / "orders-utf16be-bom.csv").write_bytes(b"\xfe\xff" + content.encode("utf-16be"))
    (HERE / "orders-latin1.csv").write_bytes(content.encode("latin-1"))
    (HERE / "orders-cp1252.csv").write_bytes(content.replace("last", "€ “last”").encode("cp1252"))
    packed = content.encode("utf-8")
    middle = packed.index(b"\n4;") + 1
    # Two members each, as `cat a.xz b.xz` makes them.
    for ending, pack in [("bz2", bz2.compress), ("xz", lzma.compress), ("gz", lambda data: gzip.compress(data, mtime=0))]:
        (HERE / f"orders.csv.{ending}").write_bytes(pack(packed[:middle]) + pack(packed[middle:]))


if __name__ == "__main__":
    columns()
    avro()
    excel()
    text()
