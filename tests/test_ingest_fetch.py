"""Reading one web page: what is read, what is refused, and what the errors say."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import shutil
import socket
import ssl
import subprocess
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.fetch import Fetched, fetch_page, normalise_url
from kg.errors import FetchError, InputError

PUBLIC = "93.184.215.14"
Page = Callable[["Handler"], None]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers from the server's table of pages and remembers what was asked."""

    server: Web

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers.items())))
        with contextlib.suppress(OSError):
            self.server.pages[self.path.partition("?")[0]](self)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Web(http.server.ThreadingHTTPServer):
    """A real server on loopback."""

    def __init__(self, address: tuple[str, int], handler: type[Handler]) -> None:
        super().__init__(address, handler)
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that refuses a certificate hangs up

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def serve(
        self, path: str, body: bytes = b"text", status: int = 200, **headers: str | None
    ) -> str:
        """Serve a page; a header given as None is left out."""
        sent: dict[str, str | None] = {
            "Content-Type": "text/plain",
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value is not None)
        return self.serve_bytes(path, f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body)

    def serve_bytes(self, path: str, answer: bytes) -> str:
        def page(handler: Handler) -> None:
            handler.wfile.write(answer)

        self.pages[path] = page
        return self.url(path)

    def drip(self, path: str, start: bytes, again: bytes) -> str:
        """Send one piece again and again, far longer than any deadline of these tests."""

        def page(handler: Handler) -> None:
            handler.wfile.write(start)
            for _ in range(400):
                if self.stopping.wait(0.02):
                    break
                handler.wfile.write(again)

        self.pages[path] = page
        return self.url(path)


@contextlib.contextmanager
def running(server: Web) -> Iterator[Web]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    with running(Web(("127.0.0.1", 0), Handler)) as server:
        yield server


class Internet:
    """Stands for the world outside: names resolve as told, public addresses lead to a server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.ports: dict[int, int] = {}
        self.connected: list[str] = []
        real_lookup, real_connect = socket.getaddrinfo, socket.socket.connect

        def lookup(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            if host not in self.names:
                return real_lookup(host, port, *args, **kwargs)
            answers = self.names[host]
            found = []
            for address in answers.pop(0) if len(answers) > 1 else answers[0]:
                found += real_lookup(address, port, *args, **kwargs)
            return found

        def connect(sock: socket.socket, address: Any) -> None:
            self.connected.append(address[0])
            if address[0] == PUBLIC:
                address = ("127.0.0.1", self.ports[address[1]])
            real_connect(sock, address)

        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        monkeypatch.setattr(socket.socket, "connect", connect)

    def name(self, host: str, *lookups: list[str]) -> None:
        """Let a name resolve to these addresses, one list per lookup, the last for good."""
        self.names[host] = list(lookups)


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(monkeypatch)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a key and a certificate for the public names of the tests, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    names = "DNS:raw.githubusercontent.com,DNS:huggingface.co,DNS:lists.example"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", f"subjectAltName={names}", "-addext", "keyUsage=digitalSignature"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


@pytest.fixture
def secure_web(
    certificate: Path, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Web]:
    """Serve HTTPS with a trusted certificate behind the public address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Web(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert.pem")))
    internet.ports[443] = server.port
    for name in ("raw.githubusercontent.com", "huggingface.co", "lists.example"):
        internet.name(name, [PUBLIC])
    with running(server):
        yield server


def read(url: str, **options: Any) -> Fetched:
    return fetch_page(url, allow_private=True, **{"deadline_seconds": 10.0, **options})


def failure(url: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        read(url, **options)
    return caught.value


# ---------------------------------------------------------------------- what is read


def test_a_page_comes_with_its_bytes_type_charset_and_validators(web: Web) -> None:
    url = web.serve(
        "/list.md",
        "Größe".encode("latin-1"),
        Content_Type="Text/Markdown; Charset=ISO-8859-1",
        ETag='"v1"',
        Last_Modified="Mon, 01 Jun 2026 00:00:00 GMT",
    )
    assert read(url + "#top") == Fetched(
        source=url,
        url=url,
        content="Größe".encode("latin-1"),
        content_type="text/markdown",
        charset="iso-8859-1",
        etag='"v1"',
        last_modified="Mon, 01 Jun 2026 00:00:00 GMT",
        not_modified=False,
    )


def test_a_page_without_type_charset_and_validators_is_read(web: Web) -> None:
    page = read(web.serve("/list", b"x", Content_Type=None))
    assert (page.content, page.content_type, page.charset) == (b"x", "", None)
    assert (page.etag, page.last_modified) == (None, None)


def test_a_charset_that_is_no_name_is_left_out(web: Web) -> None:
    assert read(web.serve("/", Content_Type='text/plain; charset="a b\0"')).charset is None


def test_the_request_says_who_asks_and_carries_no_cookies(web: Web) -> None:
    first, second = web.url("/first"), web.serve("/second")
    web.serve("/first", b"", 302, Location=second, Set_Cookie="session=1")
    read(first)
    for _, headers in web.asked:
        assert headers["User-Agent"] == "kg/0 (research knowledge graph)"
        assert headers["Accept-Encoding"] == "gzip"
        assert headers["Host"] == f"127.0.0.1:{web.port}"
        assert "Cookie" not in headers


def test_proxies_of_the_environment_are_not_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert read(web.serve("/")).content == b"text"


def test_an_empty_page_is_an_empty_page(web: Web) -> None:
    assert read(web.serve("/", b"")).content == b""
    assert read(web.serve("/", b"", Content_Encoding="gzip")).content == b""


def test_a_page_of_unknown_length_is_read_to_its_end(web: Web) -> None:
    assert read(web.serve("/", b"x" * 200_000, Content_Length=None)).content == b"x" * 200_000


def test_a_chunked_page_is_put_together(web: Web) -> None:
    body = b"3\r\nabc\r\n2;extension=1\r\nde\r\n0\r\n\r\n"
    url = web.serve("/", body, Content_Length=None, Transfer_Encoding="chunked")
    assert read(url).content == b"abcde"


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 500_000])
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "deflate", "raw deflate"])
def test_a_compressed_page_is_decompressed(web: Web, encoding: str, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "deflate": zlib.compress(content),
        "raw deflate": raw.compress(content) + raw.flush(),
    }.get(encoding, gzip.compress(content))
    url = web.serve("/", packed, Content_Encoding=encoding.split()[-1])
    assert read(url).content == content


def test_a_gzip_page_of_several_members_with_padding_is_decompressed(web: Web) -> None:
    packed = gzip.compress(b"a" * 70_000) + gzip.compress(b"") + gzip.compress(b"b") + b"\0\0"
    assert read(web.serve("/", packed, Content_Encoding="gzip")).content == b"a" * 70_000 + b"b"


def test_redirects_are_followed_and_the_source_stays_the_address_asked_for(web: Web) -> None:
    end = web.serve("/a/end.md")
    codes = [301, 302, 303, 307, 308]
    for number, code in enumerate(codes):
        after = "end.md" if number == 4 else f"/a/{number + 1}"
        web.serve(f"/a/{number}", b"ignored", code, Location=after)
    page = read(web.url("/a/0"))
    assert (page.content, page.url, page.source) == (b"text", end, web.url("/a/0"))


def test_a_redirect_to_an_unescaped_utf_8_address_is_followed(web: Web) -> None:
    web.serve_bytes("/a", "HTTP/1.1 301 X\r\nLocation: /größe x\r\n\r\n".encode())
    web.serve("/gr%C3%B6%C3%9Fe%20x")
    assert read(web.url("/a")).content == b"text"


def test_the_known_validators_are_sent_and_a_304_is_not_modified(web: Web) -> None:
    url = web.serve("/", b"", 304, ETag='"v2"')
    page = read(url, etag='"v1"', last_modified="Mon, 01 Jun 2026 00:00:00 GMT")
    _, headers = web.asked[0]
    assert headers["If-None-Match"] == '"v1"'
    assert headers["If-Modified-Since"] == "Mon, 01 Jun 2026 00:00:00 GMT"
    assert (page.not_modified, page.content, page.source) == (True, b"", url)
    assert (page.etag, page.last_modified) == ('"v2"', "Mon, 01 Jun 2026 00:00:00 GMT")


def test_a_changed_page_comes_with_its_own_validators_only(web: Web) -> None:
    page = read(web.serve("/", ETag='"v2"'), etag='"v1"', last_modified="Mon")
    assert (page.not_modified, page.etag, page.last_modified) == (False, '"v2"', None)


def test_a_304_nobody_asked_for_is_an_error(web: Web) -> None:
    assert failure(web.serve("/", b"", 304)).status == 304


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "\u4e2d"])
def test_a_validator_that_cannot_be_sent_is_refused(web: Web, value: str) -> None:
    with pytest.raises(InputError, match="If-None-Match"):
        read(web.serve("/"), etag=value)
    assert web.asked == []


@pytest.mark.parametrize("options", [{"deadline_seconds": 0.0}, {"limit_bytes": 0}])
def test_a_limit_that_allows_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        read("http://127.0.0.1/", **options)


# ---------------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/a", "text/html"),
        ("/a", "application/xhtml+xml"),
        ("/a", "application/x-bibtex; charset=utf-8"),
        ("/a.MD", "application/octet-stream"),
        ("/a.bib", "application/octet-stream"),
        ("/a.txt", "application/octet-stream"),
        ("/a.html", "Application/Octet-Stream"),
    ],
)
def test_text_is_read(web: Web, path: str, content_type: str) -> None:
    assert read(web.serve(path, Content_Type=content_type)).content == b"text"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/a.pdf", "application/pdf"),
        ("/a.md", "image/png"),
        ("/a.pdf", "application/octet-stream"),
        ("/a", "application/octet-stream"),
        ("/a", "textual"),
    ],
)
def test_what_is_not_text_is_refused_by_its_type(web: Web, path: str, content_type: str) -> None:
    error = failure(web.serve(path, Content_Type=content_type))
    assert content_type in str(error)
    assert "expected text" in str(error)


def test_a_binary_type_is_text_when_the_address_asked_for_says_so(web: Web) -> None:
    web.serve("/storage/77", Content_Type="application/octet-stream")
    url = web.serve("/list.md", b"", 302, Location="/storage/77")
    assert read(url).content == b"text"


# ---------------------------------------------------------------------- broken and hostile answers


def test_a_page_shorter_than_announced_is_an_error(web: Web) -> None:
    assert "ended before" in str(failure(web.serve("/", b"x" * 10, Content_Length="11")))


def test_a_chunked_page_without_its_end_is_an_error(web: Web) -> None:
    url = web.serve("/", b"5\r\nab", Content_Length=None, Transfer_Encoding="chunked")
    assert "ended before" in str(failure(url))


def test_a_compressed_page_without_its_end_is_an_error(web: Web) -> None:
    packed = gzip.compress(bytes(range(256)) * 9)
    for body in (packed[:-1], packed[:-8], packed[:40], packed[:5]):
        assert "ended before" in str(failure(web.serve("/", body, Content_Encoding="gzip")))


def test_a_page_that_is_not_compressed_as_it_says_is_an_error(web: Web) -> None:
    assert "compressed" in str(failure(web.serve("/", b"hello", Content_Encoding="gzip")))


def test_an_unknown_compression_is_an_error_that_names_it(web: Web) -> None:
    assert "'br'" in str(failure(web.serve("/", b"hello", Content_Encoding="br")))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\xff" * 100_000,
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
        b"HTTP/1.1 200 X\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 X\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_http_is_an_error(web: Web, answer: bytes) -> None:
    url = web.serve_bytes("/", answer)
    assert failure(url).url == url


def test_endless_headers_are_an_error(web: Web) -> None:
    url = web.serve_bytes("/", b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000)
    assert "headers" in str(failure(url))


def test_a_page_at_the_limit_is_read_and_one_byte_more_is_refused(web: Web) -> None:
    streamed: dict[str, Any] = {"Content_Length": None}
    for more in ({}, streamed):
        assert len(read(web.serve("/", b"x" * 5000, **more), limit_bytes=5000).content) == 5000
        error = failure(web.serve("/", b"x" * 5001, **more), limit_bytes=5000)
        assert "5000 bytes" in str(error)


def test_a_gzip_bomb_is_refused_at_the_limit(web: Web) -> None:
    engine = zlib.compressobj(9, wbits=31)
    zeros = bytes(1_000_000)
    bomb = b"".join(engine.compress(zeros) for _ in range(200)) + engine.flush()
    error = failure(web.serve("/", bomb, Content_Encoding="gzip"), limit_bytes=1_000_000)
    assert "larger than the 1000000 bytes" in str(error)


def test_compressed_data_that_never_becomes_a_page_is_refused(web: Web) -> None:
    url = web.serve("/", gzip.compress(b"") * 100_000, Content_Encoding="gzip")
    assert "larger than" in str(failure(url, limit_bytes=10))


OK = b"HTTP/1.1 200 X\r\n"
DRIPS = {
    "nothing": (b"", b""),
    "status": (b"HTTP/1.1 ", b"2"),
    "headers": (OK, b"A: b\r\n"),
    "body": (OK + b"\r\n", b"x"),
    "body of known length": (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "gzip": (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
}


@pytest.mark.parametrize(("start", "again"), DRIPS.values(), ids=list(DRIPS))
def test_a_server_that_drips_is_ended_by_the_deadline(web: Web, start: bytes, again: bytes) -> None:
    error = failure(web.drip("/", start, again), deadline_seconds=0.4)
    assert "not read in time" in str(error)
    assert "0.4 s" in str(error)


def test_redirects_share_one_deadline(web: Web) -> None:
    for number in range(5):

        def page(handler: Handler, number: int = number) -> None:
            web.stopping.wait(0.2)
            handler.wfile.write(f"HTTP/1.1 302 X\r\nLocation: /{number + 1}\r\n\r\n".encode())

        web.pages[f"/{number}"] = page
    web.serve("/5")
    assert "not read in time" in str(failure(web.url("/0"), deadline_seconds=0.5))


def test_a_name_lookup_that_hangs_is_ended_by_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release, returned = threading.Event(), threading.Event()

    def lookup(*args: Any, **kwargs: Any) -> Any:
        release.wait(30)
        returned.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    try:
        assert "not read in time" in str(failure("http://lists.example/", deadline_seconds=0.2))
        assert not returned.is_set()
    finally:
        release.set()


# ---------------------------------------------------------------------- errors say what to do


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "save it"),
        (403, "save it"),
        (404, "check the spelling"),
        (410, "take it off the list"),
        (418, "open it in a browser"),
        (204, "open it in a browser"),
        (429, "then try again"),
        (500, "try again later"),
        (502, "try again later"),
        (503, "then try again"),
    ],
)
def test_a_status_that_is_no_page_says_what_to_do_next(web: Web, status: int, advice: str) -> None:
    url = web.serve("/", b"", status)
    error = failure(url)
    assert (error.status, error.url) == (status, url)
    assert advice in str(error)
    assert str(status) in str(error)
    assert url in str(error)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("after", ["120", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_server_that_asks_to_wait_is_quoted(web: Web, status: int, after: str) -> None:
    message = str(failure(web.serve("/", b"", status, Retry_After=after)))
    assert "Retry-After" in message
    assert after in message


def test_text_of_the_server_is_shown_on_one_line_without_control_characters(web: Web) -> None:
    url = web.serve("/", Content_Type="a/\x1b[31m" + "b" * 500)
    message = str(failure(url))
    assert message.isprintable()
    assert len(message) < 400


def test_a_closed_port_is_an_error_with_the_address() -> None:
    with socket.socket() as taken:  # bound but not listening
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        error = failure(url)
    assert "cannot be reached" in str(error)
    assert (error.url, error.status) == (url, None)


@pytest.mark.parametrize("host", ["lists.invalid", "a" * 70 + ".example", "a..example"])
def test_a_name_that_does_not_resolve_is_an_error(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    real = socket.getaddrinfo

    def lookup(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    message = str(failure(f"http://{host}/"))
    assert "does not resolve" in message
    assert host in message


def test_a_dead_address_does_not_hide_a_living_one(web: Web, internet: Internet) -> None:
    internet.name("lists.example", ["127.0.0.9", "127.0.0.1"])
    web.serve("/")
    assert read(f"http://lists.example:{web.port}/").content == b"text"
    assert internet.connected == ["127.0.0.9", "127.0.0.1"]


def test_a_machine_without_ipv6_reads_from_the_ipv4_address(
    web: Web, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OldSocket(socket.socket):
        def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
            if family == socket.AF_INET6:
                raise OSError(97, "Address family not supported by protocol")
            super().__init__(family, *args, **kwargs)

    monkeypatch.setattr(socket, "socket", OldSocket)
    internet.name("lists.example", ["::1", "127.0.0.1"])
    web.serve("/")
    assert read(f"http://lists.example:{web.port}/").content == b"text"


# ---------------------------------------------------------------------- addresses that are refused

PRIVATE_HOSTS = [
    "127.0.0.1",
    "127.8.8.8",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "①②⑦.⓪.⓪.①",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:0a00:0001::1]",
    "[2001:0:808:808::80ff:fffe]",  # Teredo writes the client with its bits turned over
]


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_an_address_that_is_not_public_is_refused_without_a_connection(
    internet: Internet, host: str
) -> None:
    with pytest.raises(FetchError, match="is refused"):
        fetch_page(f"http://{host}:8080/", deadline_seconds=5)
    assert internet.connected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "LocalHost", "127.0.0.1.", "127.1"])
def test_a_private_address_is_read_when_it_is_allowed(web: Web, host: str) -> None:
    web.serve("/")
    assert read(f"http://{host}:{web.port}/").content == b"text"


def test_a_private_address_is_refused_although_a_server_is_there(web: Web) -> None:
    url = web.serve("/")
    with pytest.raises(FetchError, match=r"is refused: 127\.0\.0\.1") as caught:
        fetch_page(url)
    assert caught.value.url == url
    assert web.asked == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1%1"]
)
def test_a_public_looking_name_is_judged_by_what_it_resolves_to(
    internet: Internet, address: str
) -> None:
    internet.name("lists.example", [address])
    with pytest.raises(FetchError, match="is refused"):
        fetch_page("http://lists.example/")
    assert internet.connected == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(internet: Internet) -> None:
    internet.name("lists.example", [PUBLIC, "127.0.0.1"])
    with pytest.raises(FetchError, match=r"is refused: lists.example is 127.0.0.1"):
        fetch_page("http://lists.example/")
    assert internet.connected == []


def test_a_public_address_is_read(web: Web, internet: Internet) -> None:
    internet.name("lists.example", [PUBLIC])
    internet.ports[80] = web.port
    web.serve("/")
    assert fetch_page("http://Lists.Example./").content == b"text"
    assert web.asked[0][1]["Host"] == "lists.example"


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2606:4700::1111"],
)
def test_a_public_address_in_any_form_is_tried(
    monkeypatch: pytest.MonkeyPatch, internet: Internet, address: str
) -> None:
    def connect(sock: socket.socket, sockaddr: Any) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    internet.name("lists.example", [address])
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch_page("http://lists.example/")


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    web: Web, internet: Internet
) -> None:
    internet.name("lists.example", [PUBLIC], ["127.0.0.1"])
    internet.ports[web.port] = web.port
    web.serve("/")
    assert fetch_page(f"http://lists.example:{web.port}/").content == b"text"
    assert internet.connected == [PUBLIC]


# ---------------------------------------------------------------------- redirects that are refused


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "localhost", "[::1]", "intranet.example"]
)
def test_a_redirect_to_a_private_address_is_refused(
    web: Web, internet: Internet, host: str
) -> None:
    internet.name("lists.example", [PUBLIC])
    internet.name("intranet.example", ["10.0.0.1"])
    internet.ports[80] = web.port
    web.serve("/", b"", 302, Location=f"http://{host}:{web.port}/secret")
    with pytest.raises(FetchError, match=r"redirected from http://lists.example/\) is refused"):
        fetch_page("http://lists.example/")
    assert internet.connected == [PUBLIC]


def test_six_redirects_are_too_many(web: Web) -> None:
    for number in range(6):
        web.serve(f"/{number}", b"", 302, Location=f"/{number + 1}")
    web.serve("/6")
    assert read(web.url("/1")).content == b"text"
    assert "at most 5 redirects" in str(failure(web.url("/0")))


@pytest.mark.parametrize("path", ["/a", "/b"])
def test_a_redirect_in_a_circle_is_refused(web: Web, path: str) -> None:
    web.serve("/a", b"", 302, Location="/a#again")
    web.serve("/b", b"", 302, Location="/c")
    web.serve("/c", b"", 302, Location="/b")
    assert "in a circle" in str(failure(web.url(path)))


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:1", "gopher://h/", "http://[/"],
)
def test_a_redirect_to_anything_but_a_web_page_is_refused(web: Web, location: str) -> None:
    error = failure(web.serve("/", b"", 302, Location=location))
    assert "redirects to a place that cannot be read" in str(error)
    assert error.status == 302


def test_a_redirect_to_nowhere_is_refused(web: Web) -> None:
    assert "without saying where" in str(failure(web.serve("/", b"", 301)))


def test_a_redirect_with_a_password_is_refused_and_not_quoted(web: Web) -> None:
    url = web.serve("/", b"", 302, Location="http://scott:tiger@127.0.0.1/")
    message = str(failure(url))
    assert "user name or a password" in message
    assert "scott" not in message
    assert "tiger" not in message


# ---------------------------------------------------------------------- https and code hosts


def test_a_page_is_read_over_https(secure_web: Web) -> None:
    secure_web.serve("/list.md")
    page = fetch_page("https://lists.example/list.md")
    assert (page.content, page.url) == (b"text", "https://lists.example/list.md")


def test_a_redirect_from_https_to_http_is_refused(secure_web: Web, internet: Internet) -> None:
    secure_web.serve("/", b"", 301, Location="http://lists.example/plain")
    with pytest.raises(FetchError, match=r"from https to http, to http://lists\.example/plain"):
        fetch_page("https://lists.example/")
    assert internet.connected == [PUBLIC]


def test_a_certificate_of_another_host_is_refused(secure_web: Web, internet: Internet) -> None:
    internet.name("other.example", [PUBLIC])
    with pytest.raises(FetchError, match="certificate that cannot be trusted"):
        fetch_page("https://other.example/")
    assert secure_web.asked == []


def test_an_unknown_certificate_is_refused(
    secure_web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(FetchError, match="certificate that cannot be trusted"):
        fetch_page("https://lists.example/")


def test_https_to_a_port_without_tls_is_an_error(web: Web) -> None:
    error = failure(web.url("/").replace("http:", "https:"))
    assert "cannot be reached" in str(error)


def test_a_tls_handshake_that_hangs_is_ended_by_the_deadline() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert "not read in time" in str(failure(url, deadline_seconds=0.3))


def test_an_https_server_that_drips_is_ended_by_the_deadline(secure_web: Web) -> None:
    secure_web.drip("/", b"HTTP/1.1 200 X\r\n\r\n", b"x")
    with pytest.raises(FetchError, match="not read in time"):
        fetch_page("https://lists.example/", deadline_seconds=0.6)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/o/r/blob/main/docs/a.md",
        "http://www.github.com/o/r/blob/main/docs/a.md?plain=1#L3",
        "https://github.com/o/r/raw/refs/heads/main/docs/a.md",
        "https://raw.githubusercontent.com/o/r/main/docs/a.md",
    ],
)
def test_a_file_on_github_is_read_raw_and_named_by_its_blob_page(secure_web: Web, url: str) -> None:
    secure_web.serve("/o/r/main/docs/a.md")
    page = fetch_page(url)
    assert page.source == "https://github.com/o/r/blob/main/docs/a.md"
    assert page.url == "https://raw.githubusercontent.com/o/r/main/docs/a.md"


@pytest.mark.parametrize("repo", ["gpt2", "o/r", "datasets/o/r", "spaces/o/r"])
def test_a_file_on_hugging_face_is_read_raw_and_named_by_its_blob_page(
    secure_web: Web, repo: str
) -> None:
    secure_web.serve(f"/{repo}/resolve/main/README.md")
    for kind in ("blob", "resolve"):
        page = fetch_page(f"https://huggingface.co/{repo}/{kind}/main/README.md?download=true")
        assert page.source == f"https://huggingface.co/{repo}/blob/main/README.md"
        assert page.url == f"https://huggingface.co/{repo}/resolve/main/README.md"


def test_a_file_on_any_gitlab_is_read_raw_and_named_by_its_blob_page(web: Web) -> None:
    web.serve("/g/sub/p/-/raw/main/a.md")
    page = read(web.url("/g/sub/p/-/blob/main/a.md"))
    assert page.source == web.url("/g/sub/p/-/blob/main/a.md")
    assert page.url == web.url("/g/sub/p/-/raw/main/a.md")
    assert read(page.url).source == page.source


def test_a_redirect_to_a_blob_page_is_read_raw(web: Web) -> None:
    web.serve("/g/p/-/raw/main/a.md")
    web.serve("/short", b"", 302, Location="/g/p/-/blob/main/a.md")
    assert read(web.url("/short")).url == web.url("/g/p/-/raw/main/a.md")


# ---------------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    "url",
    [
        "http://scott:tiger@127.0.0.1:1/page",
        "http://scott@127.0.0.1:1/tiger@x",
        "https://scott:ti@tiger@lists.example/",
        "https://scott:tig/tiger@lists.example/",
        "https://scott:tig?tiger@lists.example/",
        "https://scott:tig#tiger@lists.example/",
        "https://scott:tiger@/",
        "https://scott:tiger@lists.example:port/",
        "https://scott:tiger@[::1/",
        "https://scott:tiger@a\u2100.example/",
        "ftp://scott:tiger@lists.example/",
        "scott:tiger@lists.example/x",
        "https:\\\\scott:tiger@lists.example/x",
        "https://lists.example\\tiger@scott.example/x\x00",
        "https://lists.example:port/?access_token=tiger",
    ],
)
def test_credentials_are_refused_and_never_repeated(url: str) -> None:
    for function in (fetch_page, normalise_url):
        with pytest.raises(InputError) as caught:
            function(url)
        shown = "".join(traceback.format_exception_only(caught.value)) + caught.value.source
        cause = caught.value.__cause__
        assert cause is None
        assert "tiger" not in shown.replace("tiger@x", "")
        assert "scott" not in shown.replace("scott.example", "")


def test_the_error_about_credentials_says_what_to_do() -> None:
    with pytest.raises(InputError, match="remove the part before '@'"):
        fetch_page("https://scott:tiger@lists.example/")


def test_a_token_in_the_query_is_sent_but_shown_nowhere(web: Web) -> None:
    url = web.serve("/a.md") + "?page=2&access_token=tiger&Signature=tiger&pageToken=3"
    page = read(url)
    assert page.source == page.url == web.url("/a.md") + "?page=2&pageToken=3"
    assert web.asked[0][0].endswith("?page=2&access_token=tiger&Signature=tiger&pageToken=3")
    web.serve("/a.md", b"", 404)
    error = failure(url)
    assert "tiger" not in str(error) + error.url


def test_a_token_in_the_address_of_a_redirect_is_sent_but_shown_nowhere(web: Web) -> None:
    web.serve("/cdn", b"", 404)
    error = failure(web.serve("/", b"", 302, Location="/cdn?X-Amz-Signature=tiger&e=1"))
    assert web.asked[1][0] == "/cdn?X-Amz-Signature=tiger&e=1"
    assert error.url == web.url("/cdn?e=1")
    assert "tiger" not in str(error)


# ---------------------------------------------------------------------- normalise_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("  https://example.org:443/a#b\n", "https://example.org/a"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("http://example.org./a/?", "http://example.org/a/"),
        ("http://example.org/a", "http://example.org/a"),
        ("http://example.org/a/./b/../c//d/..", "http://example.org/a/c//"),
        ("http://example.org/../..", "http://example.org/"),
        ("http://example.org/%7euser/%c3%a9 ü%zz", "http://example.org/~user/%C3%A9%20%C3%BC%25zz"),
        ("http://example.org/?b=2&a=1", "http://example.org/?b=2&a=1"),
        ("http://example.org/?token=x", "http://example.org/"),
        ("http://Bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[2001:DB8:0::1]:80/", "http://[2001:db8::1]/"),
        ("http://example.org/@user", "http://example.org/@user"),
        ("https://github.com/o/r", "https://github.com/o/r"),
        ("https://github.com/o/r/blob/v1/a.md?raw=true", "https://github.com/o/r/blob/v1/a.md"),
        ("https://github.com/o/r/tree/main/docs", "https://github.com/o/r/tree/main/docs"),
        (
            "https://raw.githubusercontent.com/O/R/refs/heads/main/a/b.md?token=x",
            "https://github.com/O/R/blob/main/a/b.md",
        ),
        (
            "https://raw.githubusercontent.com/o/r/refs/tags/v1/a.md",
            "https://github.com/o/r/blob/v1/a.md",
        ),
        (
            "https://raw.githubusercontent.com/wiki/o/r/Home.md",
            "https://raw.githubusercontent.com/wiki/o/r/Home.md",
        ),
        (
            "https://gist.githubusercontent.com/o/1/raw/2/a.md",
            "https://gist.githubusercontent.com/o/1/raw/2/a.md",
        ),
        (
            "https://gitlab.com/g/p/-/raw/main/a.md?inline=false",
            "https://gitlab.com/g/p/-/blob/main/a.md",
        ),
        (
            "https://hf.co/datasets/o/r/resolve/main/a.md",
            "https://huggingface.co/datasets/o/r/blob/main/a.md",
        ),
    ],
)
def test_one_page_has_one_id(url: str, expected: str) -> None:
    assert normalise_url(url) == expected
    assert normalise_url(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/a",
        "lists/a.md",
        "C:\\lists\\a.md",
        "file:///etc/passwd",
        "ftp://example.org/",
        "mailto:a@example.org",
        "http://",
        "http:///a",
        "http://:80/",
        "http://./",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:x/",
        "http://exa mple.org/",
        "http://example.org\\.evil.example/",
        "http://%6c.example/",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://[v1.a]/",
        "http://" + "ü" * 80 + ".example/",
        "http://example.org/a\r\nHost: evil",
        "http://example.org/\x00",
        "http://example.org/\ud800",
        "http://example.org/" + "a" * 9000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    for function in (normalise_url, fetch_page):
        with pytest.raises(InputError, match="expected") as caught:
            function(url)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500


SEGMENTS = ["blob", "raw", "resolve", "-", "refs", "heads", "main", "datasets", "wiki", "a.md"]
ODD_SEGMENTS = ["", ".", "..", "%2e", "%2F", "%", "%4", "%%34%31", "é", "a b", "@", ":", "x;y=1"]
CODE_HOSTS = [
    "github.com",
    "www.GitHub.com",
    "raw.githubusercontent.com",
    "huggingface.co",
    "hf.co",
]
OTHER_HOSTS = ["Example.org.", "bücher.example", "127.1", "[::FFFF:7f00:1]", "a_b.c"]
URLS = st.builds(
    "{}://{}{}/{}{}{}".format,
    st.sampled_from(["http", "HTTPS", "https"]),
    st.sampled_from([*CODE_HOSTS, *OTHER_HOSTS]),
    st.sampled_from(["", ":80", ":443", ":8080", ":"]),
    st.lists(st.sampled_from([*SEGMENTS, *ODD_SEGMENTS]), max_size=9).map("/".join),
    st.sampled_from(["", "?", "?a=1&b", "?&token=x&", "?%74oken=x", "?q=é %zz?/", "?a=%26sig=1"]),
    st.sampled_from(["", "#", "#a?b"]),
)


@settings(deadline=None)
@given(URLS)
def test_normalising_twice_is_normalising_once(url: str) -> None:
    once = normalise_url(url)
    assert normalise_url(once) == once
    assert once.isascii()
    assert "#" not in once


@settings(deadline=None)
@given(st.text().map("http://".__add__) | st.text())
def test_any_text_is_normalised_for_good_or_refused(text: str) -> None:
    try:
        once = normalise_url(text)
    except InputError:
        return
    assert normalise_url(once) == once
