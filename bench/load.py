"""`python -m bench.load`: N callers on kept connections, each sending sells one after another, over plain sockets.

A process of its own, so that its CPU is told apart from the platform's. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import resource
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bench.requests import EXTERNAL_ID, SIGNATURE


class Caller:
    def __init__(self, load: Load) -> None:
        self.load = load

    async def run(self) -> None:
        load = self.load
        reader, writer = await asyncio.open_connection(load.host, load.port)
        while time.monotonic() < load.until and load.sent < load.limit:
            load.sent += 1
            started = time.perf_counter()
            writer.write(load.request(uuid.uuid4().hex.encode()))
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                load.errors.append("the server closed the connection without an answer: has a process of it died?")
                load.times.append(time.perf_counter() - started)
                break
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            load.times.append(time.perf_counter() - started)
            if not head.startswith(b"HTTP/1.1 20"):
                load.errors.append((head + answer)[:500].decode(errors="replace"))
                break  # a server may close what it refuses
            if load.pause:
                await asyncio.sleep(load.pause)
        writer.close()


class Load:
    def __init__(self, arguments: argparse.Namespace) -> None:
        parts = urlsplit(arguments.url)
        self.host, self.port = parts.hostname, parts.port
        given = json.loads(arguments.request)
        self.body = given["body"].encode()
        self.secret, self.signed = given.get("secret", "").encode(), given.get("signed", "").encode()
        private = given.get("private_key")
        self.private_key: Any = load_pem_private_key(private.encode(), None) if private else None
        lines = [f"POST {given['path']} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in given["headers"].items()]
        lines += ["Content-Type: application/json; charset=utf-8", f"Content-Length: {len(self.body)}"]
        self.head = "\r\n".join([*lines, "", ""]).encode()
        self.until = time.monotonic() + arguments.seconds
        self.limit = arguments.limit
        self.pause = 0.0 if not arguments.rate else arguments.callers / arguments.rate
        self.sent = 0
        self.times: list[float] = []
        self.errors: list[str] = []

    def request(self, external_id: bytes) -> bytes:
        """The bytes of one request with an id of its own."""
        body = self.body.replace(EXTERNAL_ID.encode(), external_id)
        head = self.head.replace(EXTERNAL_ID.encode(), external_id)
        if self.secret:
            signature = hmac.new(self.secret, self.signed + body, hashlib.md5).hexdigest()
            head = head.replace(SIGNATURE.encode(), signature.encode())
        elif self.private_key is not None:
            signed = self.private_key.sign(body, padding.PKCS1v15(), hashes.SHA256())
            head = head.replace(SIGNATURE.encode(), base64.b64encode(signed))
        return head + body

    async def run(self, callers: int) -> None:
        await asyncio.gather(*(Caller(self).run() for _ in range(callers)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--request", required=True, help="What is sent, as JSON (see bench.requests).")
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--rate", type=float, default=0.0, help="Sells a second in all; 0 for as many as go.")
    arguments = parser.parse_args()
    load = Load(arguments)
    started = time.monotonic()
    asyncio.run(load.run(arguments.callers))
    elapsed = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    times = sorted(load.times)
    print(
        json.dumps(
            {
                "count": len(times) - len(load.errors),
                "seconds": elapsed,
                "rate": (len(times) - len(load.errors)) / elapsed,
                "p50_ms": times[len(times) // 2] * 1000,
                "p99_ms": times[int(len(times) * 0.99)] * 1000,
                "max_ms": times[-1] * 1000,
                "errors": len(load.errors),
                "first_error": load.errors[0] if load.errors else None,
                "load_cpu": used.ru_utime + used.ru_stime,
            }
        )
    )


if __name__ == "__main__":
    main()
