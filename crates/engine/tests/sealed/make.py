"""Makes a sealed object and its key ring as docs/formats/encryption.md says, with another implementation than ours.

Needs the package cryptography. Everything is fixed, so that the files are the same each time.
"""

import hashlib
import json
import struct
import uuid
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HERE = Path(__file__).parent
MASTER = bytes.fromhex("7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642")
DATA_KEY = bytes(range(100, 132))
KEY_ID = uuid.UUID("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0ff")
SALT = bytes(range(32))
NONCE = bytes(range(50, 62))
TENANT, NAME = "acme", "acme/orders/2013-01/a.parquet"
CHUNK = 64 << 10


def master_id():
    return hashlib.sha256(b"tidemill master key id\0" + MASTER).digest()[:8].hex()


def ring():
    context = f"tidemill data key 1\0{TENANT}\0{KEY_ID}".encode()
    wrapped = NONCE + AESGCM(MASTER).encrypt(NONCE, DATA_KEY, context)
    when = "2026-01-02T03:04:05Z"
    key = {"id": str(KEY_ID), "created_at": when, "master_key": master_id(), "wrapped": wrapped.hex()}
    return {"format": 1, "tenant": TENANT, "version": 1, "changed_at": when, "current": str(KEY_ID), "keys": [key]}


def sealed(plain):
    info = b"tidemill object key 1\0" + KEY_ID.bytes
    cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=SALT, info=info).derive(DATA_KEY))
    chunks = [plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK)] or [b""]
    out = b"TMSEAL01" + KEY_ID.bytes + SALT
    for number, chunk in enumerate(chunks):
        last = number + 1 == len(chunks)
        bound = b"tidemill chunk 1\0" + struct.pack(">Q", len(NAME)) + NAME.encode() + struct.pack(">QB", number, last)
        out += cipher.encrypt(struct.pack(">IQ", last, number), chunk, bound)
    return out


# Bytes 0 to 250 over and over, two chunks and a bit.
PLAIN = bytes(n % 251 for n in range(2 * CHUNK + 1000))
(HERE / "ring.json").write_text(json.dumps(ring(), indent=2) + "\n")
(HERE / "object.bin").write_bytes(sealed(PLAIN))
