"""Identifiers and link targets read from text and addresses; pure functions, no network.

References
----------
arXiv identifier schemes: https://info.arxiv.org/help/arxiv_identifier.html (new form since
April 2007, five digits since 2015; old form ``archive.XX/YYMMNNN``). DOI syntax: DOI Handbook,
section 2.2. ACL Anthology ids: https://aclanthology.org/info/ids/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from kg.model import Property

_ARXIV_NEW = (
    r"((?:07(?:0[4-9]|1[0-2])|(?:0[89]|1[0-4])(?:0[1-9]|1[0-2]))\.\d{4}|(?:1[5-9]|[2-8]\d)(?:0[1-9]|1[0-2])\.\d{5})"
    r"(v\d{1,3})?"
)
_ARXIV_OLD = r"([a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7})(v\d{1,3})?"
_ARXIV_ID = re.compile(rf"(?:{_ARXIV_NEW}|{_ARXIV_OLD})")
_ARXIV_HOSTS = re.compile(
    r"(?:^|\.)(?:arxiv\.org|alphaxiv\.org|ar5iv\.org|ar5iv\.labs\.arxiv\.org|arxiv-vanity\.com)$"
)
_ARXIV_PATH = re.compile(r"^/(?:abs|pdf|html|format|ps|e-print|src|papers|overview)/(.+)$")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"\\]+")
_ACL_NEW = re.compile(r"\d{4}\.[a-z0-9]+(?:-[a-z0-9]+)*\.\d+")
_ACL_OLD = re.compile(r"[A-Z]\d{2}-\d{4,5}")


@dataclass(frozen=True, slots=True)
class Identifier:
    """What stands for exactly one paper, whoever writes it."""

    scheme: Property
    """One of `kg.model.IDENTIFIERS`."""
    value: str
    version: str = ""
    """arXiv version ('v2') where one was given; never part of the identity."""

    def __str__(self) -> str:
        """Write it as people do: ``arXiv:2304.08485``, ``ACL:P18-1238``, ``doi:10...``."""
        prefix = {"arxiv": "arXiv", "acl": "ACL", "openreview": "OpenReview"}
        return f"{prefix.get(self.scheme, str(self.scheme))}:{self.value}"


def parse_arxiv_id(text: str) -> Identifier | None:
    """Read an arXiv id that stands alone or after 'arXiv:'; None when it is not one.

    Emphasis marks inside (``2305*.03726``) and a trailing '.pdf' are tolerated.
    """
    text = re.sub(r"[*_`\\\s]", "", text.strip())
    text = re.sub(r"^arxiv[:.]?", "", text, flags=re.I)
    text = re.sub(r"(?:\.pdf)?[.,;)\]]*$", "", text)
    match = _ARXIV_ID.fullmatch(text)
    return _arxiv(match) if match else None


def find_arxiv_id(text: str) -> Identifier | None:
    """Find the first new-style arXiv id named as such ('arXiv:2304.14178') in running text."""
    match = re.search(
        r"(?:arxiv(?:\s+preprint)?(?:\s+arxiv)?\s*[:.\s]\s*|abs/|pdf/)(\d{4}[*_ ]{0,3}\.[*_ ]{0,3}\d{4,5})(v\d+)?",
        text,
        flags=re.I,
    )
    return parse_arxiv_id(match.group(1) + (match.group(2) or "")) if match else None


def _arxiv(match: re.Match[str]) -> Identifier:
    new, new_version, old, old_version = match.groups()
    value = new or re.sub(r"\.[A-Z]{2}/", "/", old)
    return Identifier(Property.ARXIV, value, new_version or old_version or "")


@lru_cache(maxsize=32768)
def identify(url: str) -> Identifier | None:
    """Say which paper an address stands for: arXiv and its mirrors, DOI, ACL, OpenReview.

    Returns None for every other address, project pages and PDFs elsewhere included.
    """
    parts = _split(url)
    if parts is None:
        return None
    host, path, query = parts
    if _ARXIV_HOSTS.search(host) or host in ("huggingface.co", "hf.co"):
        match = _ARXIV_PATH.match(path) or re.match(r"^/ftp/.*/([^/]+)$", path)
        return parse_arxiv_id(match.group(1).strip("/").split("#")[0]) if match else None
    if host in ("doi.org", "dx.doi.org", "www.doi.org"):
        return parse_doi(path.lstrip("/"))
    if _is_of(host, "aclanthology.org") or (_is_of(host, "aclweb.org") and "anthology" in path):
        match = _ACL_NEW.search(path) or _ACL_OLD.search(path)
        return Identifier(Property.ACL, match.group(0)) if match else None
    if _is_of(host, "openreview.net"):
        match = re.search(r"(?:^|&)id=([\w-]{6,})(?:&|$)", query)
        return Identifier(Property.OPENREVIEW, match.group(1)) if match else None
    match = re.search(r"/doi/(?:abs/|full/|pdf/|epdf/)?(10\.\d{4,9}/.+)$", path)
    return parse_doi(match.group(1)) if match else None


def _is_of(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def is_arxiv_address(url: str) -> bool:
    """Say whether the address is one of arXiv or a mirror, with a readable id or not."""
    parts = _split(url)
    return parts is not None and bool(_ARXIV_HOSTS.search(parts[0])) and len(parts[1]) > 1


def parse_doi(text: str) -> Identifier | None:
    """Read a DOI, lower-cased; arXiv's own DOIs become arXiv ids, ACL's become ACL ids."""
    match = _DOI.search(unquote(text))
    if not match:
        return None
    doi = match.group(0).rstrip(".,;)]}>").lower()
    if doi.startswith("10.48550/arxiv."):
        return parse_arxiv_id(doi.removeprefix("10.48550/arxiv."))
    if doi.startswith("10.18653/v1/"):
        acl = doi.removeprefix("10.18653/v1/")
        return Identifier(Property.ACL, acl.upper() if _ACL_OLD.fullmatch(acl.upper()) else acl)
    return Identifier(Property.DOI, doi)


def year_of_arxiv_id(value: str) -> int | None:
    """Year in which an arXiv id was given (``2304.08485`` -> 2023); None for a bad id."""
    match = re.match(r"(\d{2})\d{2}\.\d{4,5}$", value) or re.match(r"[a-z-]+/(\d{2})\d{5}$", value)
    if not match:
        return None
    number = int(match.group(1))
    return 1900 + number if number >= 91 else 2000 + number


@dataclass(frozen=True, slots=True)
class Target:
    """What an address points at, at the right depth.

    A file inside a repository is not the repository: ``LLaVA-Instruct-150K`` hosts both the
    150K and the 665K file.
    """

    key: str
    """Same key, same target."""
    name: str
    """Last readable part: repository or file name without its ending."""
    is_dataset: bool = False
    """A dataset repository on Hugging Face, or a file in one."""
    is_model: bool = False
    """A model repository on Hugging Face."""
    depth: str = "page"
    """'repository', 'file', or 'page' for anything else."""


_DATA_FILE = re.compile(r"(?:\.(?:jsonl?|parquet|csv|tsv|zip|tar|gz|txt|arrow))+$", re.I)


@lru_cache(maxsize=32768)
def target_of(url: str) -> Target | None:
    """Say what an address points at; None when it is no http(s) address.

    Anchors count only on GitHub README pages that hold several sets ('#data-release').
    """
    parts = _split(url)
    if parts is None:
        return None
    host, path, _ = parts
    segments = [s for s in path.split("/") if s]
    if host in ("huggingface.co", "hf.co", "www.huggingface.co") and segments:
        is_dataset = segments[0] == "datasets"
        if segments[0] in ("spaces", "papers", "collections", "blog", "docs", "models", "join"):
            return Target(host + path.rstrip("/"), segments[-1])
        body = segments[1:] if is_dataset else segments
        if len(body) >= 2:
            key = "hf:" + ("datasets/" if is_dataset else "") + "/".join(body[:2]).lower()
            if len(body) >= 5 and body[2] in ("blob", "resolve", "raw", "tree"):
                name = _DATA_FILE.sub("", body[-1])
                key += "/" + "/".join(body[4:]).lower()
                return Target(key, name, is_dataset, not is_dataset, "file")
            return Target(key, body[1], is_dataset, not is_dataset, "repository")
        return Target(host + path.rstrip("/").lower(), segments[-1])
    if host in ("github.com", "www.github.com") and len(segments) >= 2:
        key = "github:" + "/".join(segments[:2]).lower().removesuffix(".git")
        if len(segments) > 4 and segments[2] in ("blob", "tree", "raw"):
            name = _DATA_FILE.sub("", segments[-1])
            return Target(key + "/" + "/".join(segments[4:]).lower(), name, depth="file")
        return Target(key, segments[1].removesuffix(".git"), depth="repository")
    return Target(host.removeprefix("www.") + path.rstrip("/"), segments[-1] if segments else host)


@lru_cache(maxsize=32768)
def _split(url: str) -> tuple[str, str, str] | None:
    """Host, path and query of an http(s) address; None for anything else."""
    url = url.strip()
    if url[:4].lower() != "http":
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    return host, unquote(parts.path), parts.query


@lru_cache(maxsize=32768)
def clean_url(url: str) -> str | None:
    """Make a written address storable: no credentials, spaces or trailing commas.

    Returns None for anything but http(s).
    """
    url = "".join(url.split()).replace("<", "").replace(">", "").rstrip(",;")
    if not _WEB.match(url):
        return None
    return _CREDENTIALS.sub(r"\1", url) if "@" in url else url


_WEB = re.compile(r"https?://[^/]", re.I)
_CREDENTIALS = re.compile(r"^(https?://)[^/?#]*@", re.I)
