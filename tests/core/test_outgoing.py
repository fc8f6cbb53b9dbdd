"""Outgoing requests: where they may go, and what a hostile other side can't do to us. Real sockets throughout."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from openkassa.core.addresses import is_own_network, is_public, system_resolver
from openkassa.core.outgoing import BODY_LIMIT, ForbiddenAddress, OutgoingClient

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Reads each request and lets `talk` answer it; remembers what it was sent."""

    def __init__(self, talk: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._talk, self._context = talk, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            while request := self._read(connection):
                self.requests.append(request)
                self._talk(connection)

    def _read(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(rest) < length:
            rest += connection.recv(65536)
        return head + b"\r\n\r\n" + rest

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(talk: Callable[[socket.socket], None] | bytes, context: ssl.SSLContext | None = None) -> Server:
        server = Server(talk if callable(talk) else lambda connection: connection.sendall(talk), context)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


def client(**changes) -> OutgoingClient:
    """A client that reaches this machine; its rule about addresses is switched off."""
    return OutgoingClient(private=True, **changes)


def named(**names: str) -> Callable[[str, int], list[str]]:
    return lambda host, port: [names[host.replace(".", "_")]]


def test_body_and_headers_arrive_and_the_answer_comes_back(serve):
    server = serve(OK)
    outcome = client().post_json(f"http://127.0.0.1:{server.port}/a?b=1", b'{"x": 1}', headers={"X-Key": "7"})
    assert outcome.ok
    assert (outcome.status, outcome.body_start, outcome.error) == (200, b"ok", "")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=1 HTTP/1.1\r\n")
    assert b"X-Key: 7" in head
    assert body == b'{"x": 1}'


def test_connections_are_used_again(serve):
    server = serve(OK)
    caller = client()
    for _ in range(3):
        assert caller.post_json(f"http://127.0.0.1:{server.port}/", b"{}").ok
    assert server.connections == 1


LOOPBACK_FORMS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://127.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
]


@pytest.mark.parametrize("form", LOOPBACK_FORMS)
def test_no_form_of_a_loopback_address_is_called(serve, form):
    server = serve(OK)
    url = form.format(port=server.port)
    guarded = OutgoingClient()
    outcome = guarded.post_json(url, b"{}")
    assert outcome.code == "forbidden_address", outcome
    assert "public internet" in outcome.error
    with pytest.raises(ForbiddenAddress):
        guarded.check_url(url)
    assert server.connections == 0


@pytest.mark.parametrize("form", ["http://127.0.0.1:{port}/", "http://2130706433:{port}/", "http://127.1:{port}/"])
def test_control_the_same_forms_are_called_when_the_guard_is_off(serve, form):
    server = serve(OK)
    assert client().post_json(form.format(port=server.port), b"{}").ok


SPECIAL = """
10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 169.254.169.254 0.0.0.0 0.1.2.3 127.8.9.1 192.0.0.8 192.0.2.1
192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 ::8.8.8.8 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:808:808::1
3fff::1 5f00::1 fc00::1 fd12::1 fe80::1 fec0::1 ff02::1
"""


@pytest.mark.parametrize("text", SPECIAL.split())
def test_special_addresses_are_not_public(text):
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "77.88.8.8", "2a02:6b8::feed:ff", "2001:4860:4860::8888"])
def test_ordinary_addresses_are_public(text):
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["169.254.169.254", "fe80::1", "0.0.0.0", "::ffff:10.0.0.1", "224.0.0.1", "8.8.8.8"])
def test_development_does_not_reach_link_local_and_unspecified_addresses(text):
    assert not is_own_network(ipaddress.ip_address(text))


def test_a_redirect_to_loopback_is_a_failure_and_not_followed(serve):
    inside = serve(OK)
    outside = serve(
        f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    )
    outcome = client().post_json(f"http://127.0.0.1:{outside.port}/", b"{}")
    assert (outcome.status, outcome.code, outcome.ok) == (302, "redirect", False)
    assert "redirect" in outcome.error
    assert inside.connections == 0


def test_a_name_that_turns_private_after_the_check_is_not_called(serve):
    server = serve(OK)
    answers = iter(["93.184.215.14", "127.0.0.1"])
    guarded = OutgoingClient(resolve=lambda host, port: [next(answers)])
    url = f"http://shop.test:{server.port}/"
    guarded.check_url(url)
    assert guarded.post_json(url, b"{}").code == "forbidden_address"
    assert server.connections == 0


def test_the_judged_address_is_the_one_connected_to(serve):
    """A second look at the name, by us or by the socket library, would ask the resolver again."""
    server = serve(OK)
    asked = []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    outcome = client(resolve=once).post_json(f"http://shop.test:{server.port}/", b"{}")
    assert outcome.ok
    assert asked == ["shop.test"]
    assert f"Host: shop.test:{server.port}".encode() in server.requests[0]


def test_one_private_address_among_several_forbids_the_host():
    guarded = OutgoingClient(resolve=lambda host, port: ["93.184.215.14", "10.0.0.1"])
    assert guarded.post_json("http://shop.test/", b"{}").code == "forbidden_address"


def test_a_server_that_drips_its_answer_is_left_at_the_deadline(serve):
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b".")
            time.sleep(0.05)

    server = serve(drip)
    outcome = client().post_json(f"http://127.0.0.1:{server.port}/", b"{}", timeout=0.5)
    assert outcome.code == "timeout"
    assert (outcome.status, outcome.ok) == (200, False)
    assert outcome.body_start.startswith(b"...")
    assert 400 <= outcome.milliseconds < 1500


def test_a_server_that_drips_its_headers_is_left_at_the_deadline(serve):
    def drip(connection: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    server = serve(drip)
    outcome = client().post_json(f"http://127.0.0.1:{server.port}/", b"{}", timeout=0.5)
    assert (outcome.code, outcome.status) == ("timeout", None)
    assert outcome.milliseconds < 1500


def test_a_slow_resolver_is_left_at_its_limit(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1) or [])
    outcome = client(resolve=system_resolver(0.2)).post_json("http://shop.test/", b"{}")
    assert outcome.code == "connect"
    assert "resolved" in outcome.error
    assert outcome.milliseconds < 1000


def test_a_huge_answer_is_read_to_the_limit_only(serve):
    sent = []

    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(2000):
                connection.sendall(piece)
                sent.append(len(piece))

    server = serve(flood)
    outcome = client().post_json(f"http://127.0.0.1:{server.port}/", b"{}", timeout=5)
    assert outcome.ok
    assert len(outcome.body_start) == BODY_LIMIT
    time.sleep(0.1)
    assert sum(sent) < 20_000_000


def test_a_compressed_bomb_is_not_unpacked(serve):
    bomb = b"\x1f\x8b\x08\x00bomb"
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(bomb), bomb))
    outcome = client().post_json(f"http://127.0.0.1:{server.port}/", b"{}")
    assert outcome.body_start == bomb
    assert b"Accept-Encoding: identity" in server.requests[0]


def test_endless_headers_are_refused(serve):
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        with contextlib.suppress(OSError):
            for _ in range(200):
                connection.sendall(b"a" * 65536)

    server = serve(endless)
    assert client().post_json(f"http://127.0.0.1:{server.port}/", b"{}").code == "protocol"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.test/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//shop.test/",
        "shop.test",
        "",
        "http://",
        "http://login:password@shop.test/",
        "http://shop.test@127.0.0.1/",
        "http://shop.test\\@127.0.0.1/",
        "http://shop.test:25/",
        "https://shop.test:465/",
        "http://shop.test:0/",
        "http://shop.test:99999/",
        "http://shop.test/\r\nHost: other",
        "http://0177.0.0.1/",
        "http://①②⑦.0.0.1/",
        "http://shop.test/" + "a" * 3000,
    ],
)
def test_addresses_of_a_wrong_form_are_refused_with_a_reason(url):
    outcome = client(resolve=named(shop_test="127.0.0.1")).post_json(url, b"{}")
    assert outcome.code == "url"
    assert outcome.error
    with pytest.raises(ForbiddenAddress):
        client().check_url(url, resolve=False)


def test_a_host_in_cyrillic_is_called_by_its_ascii_form(serve):
    server = serve(OK)
    caller = client(resolve=lambda host, port: {"xn--80aswg.xn--p1ai": ["127.0.0.1"]}[host])
    assert caller.post_json(f"http://сайт.рф:{server.port}/путь", b"{}").ok
    assert f"Host: xn--80aswg.xn--p1ai:{server.port}".encode() in server.requests[0]


def test_faults_of_the_network_come_back_as_outcomes(serve):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert client().post_json(f"http://127.0.0.1:{port}/", b"{}").code == "connect"
    assert client().post_json(f"http://127.0.0.1:{serve(b'rubbish').port}/", b"{}", timeout=1).code in (
        "protocol",
        "timeout",
    )
    hang_up = serve(lambda connection: connection.close())
    assert client().post_json(f"http://127.0.0.1:{hang_up.port}/", b"{}").code in ("protocol", "connect")
    assert client().post_json("http://no-such-name.invalid/", b"{}").code == "connect"


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server's context, a context that trusts it) for a certificate made for `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + built.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=built.public_bytes(serialization.Encoding.PEM).decode())


def test_tls_is_verified_by_the_name_while_the_address_is_pinned(serve, tmp_path):
    server_side, trusting = certificate(tmp_path, "shop.test")
    server = serve(OK, server_side)
    names = named(shop_test="127.0.0.1", other_test="127.0.0.1")
    assert client(resolve=names, ssl_context=trusting).post_json(f"https://shop.test:{server.port}/", b"{}").ok
    assert client(resolve=names, ssl_context=trusting).post_json(f"https://other.test:{server.port}/", b"{}").code == (
        "tls"
    )
    assert client(resolve=names).post_json(f"https://shop.test:{server.port}/", b"{}").code == "tls"


def test_a_proxy_in_the_environment_is_not_used(serve, monkeypatch):
    proxy, server = serve(OK), serve(OK)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    assert client().post_json(f"http://127.0.0.1:{server.port}/", b"{}").ok
    assert proxy.connections == 0
