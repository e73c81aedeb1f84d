"""One web page, read safely: public addresses only, one deadline, bounded in bytes.

The address comes from outside and so does everything the server says. The rules that keep this
safe live here and nowhere else: a host is judged by the addresses it resolves to, the connection
goes to exactly those, every redirect is judged again, and every wait ends at one deadline.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from kg.errors import FetchError, InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_MAX_URL_LENGTH = 8192
_MAX_HEADER_BYTES = 131_072
_STEP = 65_536
_LONG_TO_READ = 160
"""Characters of an address up to which messages show it whole."""

_TYPES = frozenset({"", "application/x-bibtex", "application/xhtml+xml"})
_TEXT_SUFFIXES = (".md", ".bib", ".txt", ".html")

# Never reached on purpose, though some versions of `ipaddress` call them global: shared address
# space (CGNAT), protocol assignments, the old 6to4 relay, and the host agent of a large cloud.
_NOT_PUBLIC = tuple(
    ipaddress.IPv4Network(block)
    for block in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_HOST = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SECRET = (
    r"(?:access_|auth_|private_|job_)?token|api[-_]?key|client_secret|passw(?:or)?d|jwt"
    r"|sig|signature|x-(?:amz|goog)-(?:signature|credential|security-token)"
)
_SECRET_PARAMETER = re.compile(rf"(?:{_SECRET})(?:=.*)?", re.IGNORECASE | re.DOTALL)
_SECRET_IN_TEXT = re.compile(rf"([?&;](?:{_SECRET})=)[^&;#\s]*", re.IGNORECASE)

_REFS = r"(?:refs/(?:heads|tags)/)*"
_GITHUB_HOSTS = frozenset({"github.com", "www.github.com"})
_GITHUB_RAW_HOSTS = frozenset({"raw.githubusercontent.com", "raw.github.com"})
_GITHUB_FILE = re.compile(rf"(/[^/]+/[^/]+)/(?:blob|raw)/{_REFS}([^/]+/.+)")
_GITHUB_RAW = re.compile(rf"(/(?!wiki/)[^/]+/[^/]+)/{_REFS}([^/]+/.+)")
_GITLAB_FILE = re.compile(r"(/.+?)/-/(?:blob|raw)/([^/]+/.+)")
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_HUB_FILE = re.compile(
    r"(/(?:(?:datasets|spaces)/)?[^/]+(?:/[^/]+)??)/(blob|raw|resolve)/([^/]+/.+)"
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One page as it was read, decompressed but not decoded.

    Parameters
    ----------
    source : the page's one id: `normalise_url` of the address asked for, whatever it redirects to
    url : the address finally read, without fragment and credentials
    content : the decompressed bytes; empty when `not_modified`
    content_type : the MIME type in lower case, no parameters; empty when the server names none
    charset : the character set the server names, in lower case
    etag, last_modified : what to hand to the next `fetch_page` of this source
    not_modified : the page is as it was when `etag` and `last_modified` were given
    """

    source: str
    url: str
    content: bytes
    content_type: str
    charset: str | None
    etag: str | None
    last_modified: str | None
    not_modified: bool


def normalise_url(url: str) -> str:
    """Give the one id of a web page, however its address is written.

    Parameters
    ----------
    url : an address that starts with http:// or https://

    Returns
    -------
    str
        Scheme and host in lower case, international names in ASCII; no default port, fragment,
        dot segment, dot after the host or credential (tokens and signatures in the query
        included); escapes written one way. A file on GitHub, GitLab or Hugging Face is named by
        its blob page, whether the blob or the raw address was given.

    Raises
    ------
    InputError
        The text is no web address, or it carries a user name or a password.

    Notes
    -----
    A trailing slash is kept or absent as given, since servers may answer the two differently;
    only an empty path becomes ``/``. Upper and lower case of the path and the order of the query
    are kept too. Applying the function twice changes nothing.

    Examples
    --------
    >>> normalise_url("https://raw.githubusercontent.com/o/r/main/README.md#top")
    'https://github.com/o/r/blob/main/README.md'
    >>> normalise_url("HTTP://Example.org:80")
    'http://example.org/'
    """
    return str(_identity(_parse(url)))


def fetch_page(
    url: str,
    *,
    allow_private: bool = False,
    deadline_seconds: float = 30.0,
    limit_bytes: int = 20_000_000,
    etag: str | None = None,
    last_modified: str | None = None,
    content_types: frozenset[str] | None = None,
    follow: bool = True,
) -> Fetched:
    """Read one text page from the web.

    A file page of GitHub, GitLab or Hugging Face is read from its raw address. At most five
    redirects are followed, none from https to http. Proxies and cookies are not used.

    Parameters
    ----------
    url : an address that starts with http:// or https://, on any port
    allow_private : also read addresses of this machine and of private networks
    deadline_seconds : the time all of it may take, name lookup and redirects included
    limit_bytes : how large the page may be after decompression
    etag, last_modified : of an earlier `Fetched`: an unchanged page is then not sent again
    content_types : what is read beside ``text/...``, instead of the usual types
    follow : go where a redirect leads; otherwise it is an error that has it as `.location`, for a
        caller that has rules of its own for the next request

    Raises
    ------
    InputError
        The address or another argument cannot be used; nothing was sent.
    FetchError
        The address was refused or the page could not be read; `.status` is the HTTP status when
        that is the reason.
    """
    start = _parse(url)
    limits = _Limits.starting_now(deadline_seconds, limit_bytes, allow_private)
    headers = {
        "User-Agent": "kg/0 (research knowledge graph)",
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **_conditions(etag, last_modified),
    }
    page = Fetched(str(_identity(start)), "", b"", "", None, etag, last_modified, True)
    hop = _Hop(_raw_form(start), (), limits)
    while True:
        with _translated(hop), contextlib.closing(_Connection(hop)) as connection:
            response = connection.get(headers)
            if response.status in _REDIRECTS and follow:
                hop = hop.follow(response)
            elif response.status in _REDIRECTS:
                raise _answered(hop, response, "redirects elsewhere, which is not followed here")
            elif response.status == 304 and (etag or last_modified):
                return replace(_described(page, hop, response), content=b"", not_modified=True)
            elif response.status in (200, 203):
                page = _described(page, hop, response)
                if page.content_type not in (content_types or ()):
                    _check_type(page.content_type, start, hop)
                return replace(page, content=_body(connection, response), not_modified=False)
            else:
                raise _answered(hop, response, _advice(response))


# ---------------------------------------------------------------------- addresses


@dataclass(frozen=True, slots=True)
class _Address:
    """A parsed address; `str` of it is safe to show, its parts are what is sent."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def __str__(self) -> str:
        kept = [p for p in self.query.split("&") if not _SECRET_PARAMETER.fullmatch(p)]
        return f"{self.scheme}://{self.netloc}" + replace(self, query="&".join(kept)).target


def _parse(url: str) -> _Address:
    text = url.strip(" \t\r\n")
    shown = _harmless(text)

    def refused(what: str) -> InputError:
        return InputError(f"'{shown}' {what}", source=shown)

    malformed = refused(
        "is not a web address: expected one like https://host/page, without control characters "
        f"and not longer than {_MAX_URL_LENGTH} characters"
    )
    if _CONTROL.search(text) or len(text) > _MAX_URL_LENGTH:
        raise malformed
    try:
        parts = urlsplit(text)
        port, path, query = parts.port, _encoded(parts.path), _encoded(parts.query, "?")
        host = _host(parts.hostname or "", bracketed=parts.netloc.rpartition("@")[2][:1] == "[")
    except ValueError:  # what Python says here may quote a password
        raise malformed from None
    if parts.scheme not in _PORTS:
        raise refused(
            "cannot be read from the web: expected an address that starts with http:// or "
            "https://; a file is given by its path"
        )
    if "@" in parts.netloc:
        raise refused(
            "carries a user name or a password: expected an address without, because sources "
            "are stored and shown; remove the part before '@', or save the page to a file and "
            "give the file"
        )
    if not host or port == 0:
        raise malformed
    port = port or _PORTS[parts.scheme]
    return _Address(parts.scheme, host, port, _without_dots(path), query)


def _harmless(text: str) -> str:
    """Write an address nobody parsed yet without anything that may be a secret in it."""
    _, at, after = text.rpartition("@")
    kept = _SECRET_IN_TEXT.sub(r"\1...", f"...@{after}" if at else after)
    return ascii(kept if len(kept) <= 200 else kept[:200] + "...")[1:-1]


def _host(host: str, *, bracketed: bool) -> str:
    """Return the host as it is resolved; ValueError when it is none."""
    if bracketed:
        address = ipaddress.IPv6Address(host)
        if address.scope_id is not None:
            raise ValueError("a zone means something on one machine only")
        return str(address)
    if not host.isascii():
        host = host.encode("idna").decode("ascii").lower()
    host = host.rstrip(".")
    if host and not _HOST.fullmatch(host):
        raise ValueError("not a host name")
    return host


def _encoded(text: str, also_safe: str = "") -> str:
    """Write the escapes of a path or a query in the one way of RFC 3986, section 6.2.2."""

    def one_way(escape: re.Match[str]) -> str:
        if escape[1] is None:
            return "%25"
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    return quote(_ESCAPE.sub(one_way, text), safe="%/:@!$&'()*+,;=~" + also_safe)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _identity(address: _Address) -> _Address:
    """Give the blob page that stands for a file of a code host; other addresses stay."""
    if address.host in _GITHUB_HOSTS and (match := _GITHUB_FILE.fullmatch(address.path)):
        return _Address("https", "github.com", 443, f"{match[1]}/blob/{match[2]}", "")
    if address.host in _GITHUB_RAW_HOSTS and (match := _GITHUB_RAW.fullmatch(address.path)):
        return _Address("https", "github.com", 443, f"{match[1]}/blob/{match[2]}", "")
    if address.host in _HUB_HOSTS and (match := _HUB_FILE.fullmatch(address.path)):
        return _Address("https", "huggingface.co", 443, f"{match[1]}/blob/{match[3]}", "")
    if match := _GITLAB_FILE.fullmatch(address.path):
        return replace(address, path=f"{match[1]}/-/blob/{match[2]}", query="")
    return address


def _raw_form(address: _Address) -> _Address:
    """Give the address of the file itself for a page of a code host that shows one."""
    if address.host in _GITHUB_HOSTS and (match := _GITHUB_FILE.fullmatch(address.path)):
        return _Address("https", "raw.githubusercontent.com", 443, f"{match[1]}/{match[2]}", "")
    if address.host in _HUB_HOSTS and (match := _HUB_FILE.fullmatch(address.path)):
        path = f"{match[1]}/resolve/{match[3]}" if match[2] == "blob" else address.path
        return _Address("https", "huggingface.co", 443, path, "")
    if match := _GITLAB_FILE.fullmatch(address.path):
        return replace(address, path=f"{match[1]}/-/raw/{match[2]}")
    return address


# ---------------------------------------------------------------------- limits and hops


@dataclass(frozen=True, slots=True)
class _Limits:
    seconds: float
    ends: float
    bytes: int
    allow_private: bool

    @classmethod
    def starting_now(cls, seconds: float, limit_bytes: int, allow_private: bool) -> _Limits:
        if not 0 < seconds <= 86_400:
            raise InputError(
                f"deadline_seconds is {seconds}: expected more than 0 and at most 86400"
            )
        if limit_bytes < 1:
            raise InputError(f"limit_bytes is {limit_bytes}: expected 1 or more")
        return cls(seconds, time.monotonic() + seconds, limit_bytes, allow_private)

    def seconds_left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class _Hop:
    """One request of a chain of redirects, with the limits they share."""

    address: _Address
    earlier: tuple[_Address, ...]
    limits: _Limits

    def error(self, what: str, status: int | None = None) -> FetchError:
        """Build the error for this address; `what` continues the sentence."""
        via = f" (redirected from {_for_people(self.earlier[0])})" if self.earlier else ""
        told = f"{_for_people(self.address)}{via} {what}"
        return FetchError(told, url=str(self.address), status=status)

    def follow(self, response: http.client.HTTPResponse) -> _Hop:
        """Go where the response says, or refuse to."""
        status = response.status
        location = response.headers.get("Location", "")
        if not location:
            raise self.error(f"answered {status} without saying where the page is now", status)
        # Header bytes arrive as latin-1; escaping them as such keeps a UTF-8 path intact.
        location = quote(location, safe="%/:?#[]@!$&'()*+,;=~", encoding="latin-1")
        try:
            target = _raw_form(_parse(urljoin(f"{self.address}", location)))
        except ValueError as error:
            why = error if isinstance(error, InputError) else "its address is broken"
            raise self.error(f"redirects to a place that cannot be read: {why}", status) from None
        chain = (*self.earlier, self.address)
        if self.address.scheme == "https" and target.scheme == "http":
            raise self.error(
                f"redirects from https to http, to {target}: anyone on the way could change the "
                "page; if you trust it, give that address itself",
                status,
            )
        if target in chain:
            raise self.error(
                f"redirects in a circle, back to {target}; the page may need a login or cookies: "
                "open it in a browser, save it and give the file",
                status,
            )
        if len(chain) > _MAX_REDIRECTS:
            raise self.error(
                f"redirects once more, to {target}: expected at most {_MAX_REDIRECTS} redirects; "
                "give the address where the page is",
                status,
            )
        return _Hop(target, chain, self.limits)


@contextlib.contextmanager
def _translated(hop: _Hop) -> Iterator[None]:
    """Turn what the network, TLS and HTTP raise into FetchError, at this one place."""
    try:
        yield
    except TimeoutError as error:
        raise hop.error(
            f"was not read in time (all of it may take {hop.limits.seconds:g} s): try again "
            "later, or allow more with deadline_seconds"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise hop.error(
            f"has a certificate that cannot be trusted ({error.verify_message}): check the "
            "address, and the clock and the root certificates of this machine"
        ) from error
    except http.client.IncompleteRead as error:
        raise hop.error("ended before all of the page was there: try again") from error
    except http.client.RemoteDisconnected as error:
        raise hop.error("closed the connection without an answer: try again later") from error
    except http.client.HTTPException as error:
        raise hop.error(
            f"does not answer in proper HTTP ({type(error).__name__}: {_short(str(error))}): "
            "check scheme and port of the address"
        ) from error
    except zlib.error as error:
        raise hop.error(f"sent damaged compressed data ({error}): try again") from error
    except OSError as error:
        raise hop.error(
            f"cannot be reached ({error.strerror or error}): check the address and the network, "
            "then try again"
        ) from error


# ---------------------------------------------------------------------- the connection


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, and to no other."""

    def __init__(self, hop: _Hop) -> None:
        super().__init__(hop.address.host, hop.address.port)
        self.hop = hop
        self.bytes_left = _MAX_HEADER_BYTES
        self.when_too_many = hop.error(
            f"sends more than {_MAX_HEADER_BYTES} bytes of headers: check scheme and port of "
            "the address"
        )
        self.response: http.client.HTTPResponse | None = None

    def connect(self) -> None:
        """Resolve, check every address, connect to the first that answers."""
        candidates = _checked_addresses(self.hop)
        for number, (family, sockaddr) in enumerate(candidates):
            to_try = len(candidates) - number
            try:
                # A dead address may use up its share of the time only.
                self.sock = self._dialled(family, sockaddr, 1 / to_try)
                return
            except OSError:
                if to_try == 1:
                    raise

    def _dialled(self, family: int, sockaddr: Any, share: float) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(self.hop.limits.seconds_left() * share)
            sock.connect(sockaddr)
            if self.hop.address.scheme == "http":
                return sock
            sock.settimeout(self.hop.limits.seconds_left())
            context = ssl.create_default_context()
            context.set_alpn_protocols(["http/1.1"])
            return context.wrap_socket(sock, server_hostname=self.hop.address.host)
        except OSError:
            sock.close()
            raise

    def get(self, headers: dict[str, str]) -> http.client.HTTPResponse:
        """Ask for the page; return when the headers are there."""
        address = self.hop.address
        self.connect()
        self.sock.settimeout(self.hop.limits.seconds_left())
        self.request("GET", address.target, headers={"Host": address.netloc, **headers})
        self.response = response = _Response(self)
        response.begin()
        return response

    def close(self) -> None:
        """Close the response too, which would keep the socket open."""
        super().close()
        if self.response is not None:
            self.response.close()


class _Response(http.client.HTTPResponse):
    """A response that reads through `_PacedReader`."""

    def __init__(self, connection: _Connection) -> None:
        super().__init__(connection.sock, method="GET")
        self.fp.close()
        self.fp = io.BufferedReader(_PacedReader(connection))


class _PacedReader(io.RawIOBase):
    """The bytes of a socket, each wait ended by the deadline, their number bounded."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._sock: socket.socket = connection.sock
        self._raw = self._sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._sock.settimeout(self._connection.hop.limits.seconds_left())
        count = self._raw.readinto(buffer)
        self._connection.bytes_left -= count or 0
        if self._connection.bytes_left < 0:
            raise self._connection.when_too_many
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _checked_addresses(hop: _Hop) -> list[tuple[int, Any]]:
    """Resolve the host; refuse it when any of its addresses is not public."""
    address = hop.address
    found: list[tuple[int, Any]] = []
    for family, _, _, _, sockaddr in _resolved(address.host, address.port, hop):
        if family not in (socket.AF_INET, socket.AF_INET6):
            continue
        if not (hop.limits.allow_private or _is_public(ipaddress.ip_address(sockaddr[0]))):
            raise hop.error(
                f"is refused: {address.host} is {sockaddr[0]}, which is on this machine or on a "
                "private network, and such pages are not read for a link; save the page to a "
                "file and give the file, or use --allow-private (allow_private) if the server is yours"
            )
        found.append((family, sockaddr))
    if not found:
        raise hop.error(f"cannot be reached: {address.host} has no IPv4 or IPv6 address")
    return found


def _resolved(host: str, port: int, hop: _Hop) -> list[Any]:
    """Look the name up in a thread, because the system's lookup knows no deadline."""
    answer: list[Any] = []
    trouble: list[Exception] = []
    done = threading.Event()

    def look_up() -> None:
        try:
            answer.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            trouble.append(error)
        finally:
            done.set()

    threading.Thread(target=look_up, name="kg-name-lookup", daemon=True).start()
    if not done.wait(hop.limits.seconds_left()):
        raise TimeoutError
    if trouble:
        why = getattr(trouble[0], "strerror", None) or "not a host name"
        raise hop.error(
            f"cannot be reached: the host name {host} does not resolve ({why}); check its "
            "spelling and the network, then try again"
        ) from trouble[0]
    return answer


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is on the open internet, in whatever it is wrapped."""
    if isinstance(address, ipaddress.IPv4Address):
        return (
            address.is_global
            and not (address.is_multicast or address.is_reserved)
            and not any(address in block for block in _NOT_PUBLIC)
        )
    if inner := address.ipv4_mapped or address.sixtofour:
        return _is_public(inner)
    if address in _NAT64:
        return _is_public(ipaddress.IPv4Address(address.packed[-4:]))
    if address.teredo:
        return all(_is_public(inner) for inner in address.teredo)
    return address in _GLOBAL_UNICAST and address.is_global


# ---------------------------------------------------------------------- the answer


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    given = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {name: value for name, value in given.items() if value}
    for name, value in headers.items():
        if _CONTROL.search(value) or any(character > "\xff" for character in value):
            raise InputError(
                f"{_short(value)} cannot be sent as {name}: expected the value an earlier page "
                "came with; leave it out to read the page anew"
            )
    return headers


def _described(page: Fetched, hop: _Hop, response: http.client.HTTPResponse) -> Fetched:
    """Fill in what the headers say; a 304 that repeats no validator keeps the known ones."""
    headers = response.headers
    charset = headers.get_content_charset()
    fresh = response.status != 304
    return replace(
        page,
        url=str(hop.address),
        content_type=re.split("[;,]", headers.get("Content-Type", ""))[0].strip().lower(),
        charset=charset if charset and re.fullmatch(r"[a-z0-9._:+-]+", charset) else None,
        etag=headers.get("ETag") or (None if fresh else page.etag),
        last_modified=headers.get("Last-Modified") or (None if fresh else page.last_modified),
    )


def _check_type(content_type: str, start: _Address, hop: _Hop) -> None:
    if content_type in _TYPES or content_type.startswith("text/"):
        return
    paths = (start.path.lower(), hop.address.path.lower())
    if content_type == "application/octet-stream" and any(
        path.endswith(_TEXT_SUFFIXES) for path in paths
    ):
        return
    raise hop.error(
        f"is of type {_short(content_type)}: expected text (Markdown, HTML, BibTeX or plain "
        "text); give the address of the text itself"
    )


def _body(connection: _Connection, response: http.client.HTTPResponse) -> bytes:
    hop, limit = connection.hop, connection.hop.limits.bytes
    too_large = hop.error(
        f"is larger than the {limit} bytes allowed: check that it is the page meant, or allow "
        "more with limit_bytes"
    )
    # The framing of chunks and of compression comes on top, but not without bounds.
    connection.bytes_left, connection.when_too_many = 2 * limit + 1_048_576, too_large
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    chunks = _chunks(response)
    if encoding in ("gzip", "x-gzip", "deflate"):
        chunks = _inflated(chunks, gzip=encoding != "deflate")
    elif encoding not in ("", "identity"):
        raise hop.error(
            f"is compressed as {_short(encoding)}, which was not asked for and cannot be read: "
            "save the page to a file and give the file"
        )
    elif (response.length or 0) > limit:
        raise too_large
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > limit:
            raise too_large
    return bytes(content)


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(_STEP)
        except ValueError as error:  # a chunk of negative size
            raise http.client.HTTPException("a chunk with an impossible size") from error
        if not chunk:
            break
        yield chunk
    if response.length:  # `read` ends quietly when the server does
        raise http.client.IncompleteRead(b"", response.length)


def _inflated(chunks: Iterator[bytes], *, gzip: bool) -> Iterator[bytes]:
    """Decompress in small steps, so that the reader can stop before a bomb has grown."""
    engine = None
    for chunk in chunks:
        data = chunk
        while data:
            if engine is None:  # the start, or one more member of a gzip file
                # 'deflate' means zlib by the standard and raw deflate by some servers.
                deflate = zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS
                engine = zlib.decompressobj(16 + zlib.MAX_WBITS if gzip else deflate)
            while not engine.eof and (piece := engine.decompress(data, _STEP)):
                yield piece
                data = engine.unconsumed_tail
            if not engine.eof:
                break
            if not gzip:
                return
            data, engine = engine.unused_data.lstrip(b"\0"), None  # zeros may pad the file
    if engine is not None:
        raise http.client.IncompleteRead(b"")


def _for_people(address: _Address) -> str:
    """Write an address for a line that people read: without a long question."""
    text = str(address)
    return text if len(text) <= _LONG_TO_READ else f"{text.partition('?')[0]}?…"


def _answered(hop: _Hop, response: http.client.HTTPResponse, what: str) -> FetchError:
    """Build the error for an answer that is no page, with what its headers say of the next try."""
    error, headers = hop.error(what, response.status), response.headers
    error.location = headers.get("Location", "").strip()
    error.retry_after = headers.get("Retry-After", "").strip()
    error.date = headers.get("Date", "").strip()
    return error


def _advice(response: http.client.HTTPResponse) -> str:
    status = response.status
    retry_after = response.headers.get("Retry-After", "").strip()
    seconds = " seconds" if retry_after.isdecimal() else ""
    wait = f"wait (Retry-After: {_short(retry_after)}{seconds})" if retry_after else "wait a bit"
    if status == 404:
        return (
            "does not exist (404): check the spelling, and the branch of a file in a repository; "
            "a private page looks the same: save it to a file and give the file"
        )
    if status == 410:
        return "was removed for good (410): take it off the list, or give an archived copy"
    if status in (401, 403):
        return (
            f"may not be read without a login ({status}): if it opens in a browser, save it "
            "there and give the file"
        )
    if status == 429:
        return f"refuses more requests for now (429): {wait}, then try again"
    if status == 503:
        return f"is not available for now (503): {wait}, then try again"
    if status >= 500:
        return f"failed on the side of the server ({status}): try again later"
    return f"answered with status {status}: expected 200; open it in a browser to see why"


def _short(text: str) -> str:
    """Quote text of a server for a message: printable, on one line, not long."""
    return ascii(text if len(text) <= 80 else text[:80] + "...")
