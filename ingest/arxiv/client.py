"""Asking arXiv: one request at a time, patient, and never anywhere else.

All of arXiv's interfaces go through `ArxivClient.get`: OAI-PMH, the API (also when the package `arxiv`
asks) and the daily feeds. What is tried again and what is not follows arXiv's terms
(https://info.arxiv.org/help/api/tou.html, robots.html: requests that go on after a 403 are taken for an
attack) and its behaviour under load since 2025: 429 and 503 also below the documented rate, for hours.
"""

from __future__ import annotations

import email.utils
import random
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from ingest.arxiv.pace import MAX_REST, Pace
from ingest.fetch import Fetched, fetch_page
from kg.errors import FetchError, InputError

OAI_URL = "https://oaipmh.arxiv.org/oai"
"""The OAI-PMH interface since March 2025."""
API_URL = "https://export.arxiv.org/api/query"
RSS_URL = "https://rss.arxiv.org/rss"

_TYPES = frozenset(
    {
        "",
        "application/xml",
        "application/atom+xml",
        "application/rss+xml",
        "application/rdf+xml",
        "application/xhtml+xml",
    }
)
_AGAIN = frozenset({406, 408, 421, 425, 429})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_OFFLINE_TRIES = 3


@dataclass(slots=True)
class ArxivClient:
    """One polite asker.

    Parameters
    ----------
    pace : whose turn it is; one for all processes of the machine
    hosts : where redirects may lead beside the host asked; subdomains included
    tries : how often one page is asked for before giving up
    first_wait, ceiling : seconds to wait after the first failure (doubled each time) and at most
    deadline_seconds : how long one answer may take, all of it
    limit_bytes : how large one answer may be, expanded
    allow_private : also ask servers on this machine and on private networks (tests)
    wall, sleep, chance : the clock, how to wait, and what makes waits uneven (0 to 1)
    tell : called with a line for people whenever something is tried again
    """

    pace: Pace = field(default_factory=Pace)
    hosts: tuple[str, ...] = ("arxiv.org",)
    tries: int = 9
    first_wait: float = 5.0
    ceiling: float = 600.0
    deadline_seconds: float = 120.0
    limit_bytes: int = 64_000_000
    allow_private: bool = False
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random
    tell: Callable[[str], object] = lambda line: None

    def get(self, url: str) -> Fetched:
        """Read one page, trying again as long as that may help.

        Raises
        ------
        InputError
            The address cannot be used.
        FetchError
            It was refused, or still failed after all tries; `.status` as in `fetch_page`.
        """
        for number in range(1, self.tries + 1):
            try:
                return self._followed(url)
            except FetchError as error:
                tries = min(self.tries, _OFFLINE_TRIES) if _is_offline(error) else self.tries
                if not _may_help(error) or number >= tries:
                    raise
                seconds = self._wait_for(error, number)
                self.tell(f"{error}; trying again in {seconds:.0f} s ({number} of {tries})")
                self.sleep(seconds)
        raise InputError(f"tries is {self.tries}: expected 1 or more")

    def pause(self, number: int) -> None:
        """Wait before a page is asked for again that came, but was damaged: try `number`."""
        self.sleep(self._backoff(number))

    # ------------------------------------------------------------------ one try

    def _followed(self, url: str) -> Fetched:
        """Ask once; follow redirects that stay with arXiv, each in a turn of its own."""
        seen = [url]
        while True:
            with self.pace.turn():
                try:
                    return fetch_page(
                        seen[-1],
                        allow_private=self.allow_private,
                        deadline_seconds=self.deadline_seconds,
                        limit_bytes=self.limit_bytes,
                        content_types=_TYPES,
                        follow=False,
                    )
                except FetchError as error:
                    if error.status not in _REDIRECTS or not error.location:
                        if error.status in (429, 503):
                            self.pace.rest(self._asked_for(error))
                        raise
                    target = self._checked(seen, error)
            seen.append(target)

    def _checked(self, seen: list[str], error: FetchError) -> str:
        try:
            target = urljoin(seen[-1], error.location)
            here, there = urlsplit(seen[-1]), urlsplit(target)
            host, new_host = here.hostname or "", there.hostname or ""
        except ValueError:
            new_host, target = "", ""
        of_arxiv = any(new_host == h or new_host.endswith("." + h) for h in self.hosts)
        # Another port of the same name is another server.
        same = bool(new_host) and new_host == host and there.port in (None, here.port)
        if not (same or (of_arxiv and there.port is None)):
            raise FetchError(
                f"{seen[0]} redirects to {target[:100]!a}, which is not arXiv's: not followed",
                url=seen[0],
                status=error.status,
            )
        if here.scheme == "https" and there.scheme != "https":
            raise FetchError(
                f"{seen[0]} redirects from https to {target[:100]!a}: not followed",
                url=seen[0],
                status=error.status,
            )
        if target in seen or len(seen) > _MAX_REDIRECTS:
            raise FetchError(
                f"{seen[0]} redirects in a circle or too often, at last to {target[:100]!a}",
                url=seen[0],
                status=error.status,
            )
        return target

    # ------------------------------------------------------------------ waiting

    def _wait_for(self, error: FetchError, number: int) -> float:
        return max(self._backoff(number), self._asked_for(error))

    def _backoff(self, number: int) -> float:
        longest = min(self.ceiling, self.first_wait * 2.0 ** min(number - 1, 30))
        return longest * (0.5 + self.chance() / 2)

    def _asked_for(self, error: FetchError) -> float:
        """Give what Retry-After asks for, in seconds (RFC 9110, section 10.2.3), within reason.

        A date is taken by the server's own clock where it names one, so that neither ours nor a
        server's that is wrong makes the wait wrong.
        """
        text = error.retry_after
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), MAX_REST)
        until = _stamp(text)
        if until is None:
            return 0.0
        now = _stamp(error.date)
        return min(max(0.0, until - (self.wall() if now is None else now)), MAX_REST)


def _stamp(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _is_offline(error: FetchError) -> bool:
    """Say whether not even the name of the host was found: waiting for hours is of little use."""
    return isinstance(error.__cause__, socket.gaierror)


def _may_help(error: FetchError) -> bool:
    """Say whether asking again may help: the network, load, and what arXiv answers under load."""
    status = error.status
    if status is None:
        # A certificate does not get better by waiting a minute.
        return not isinstance(error.__cause__, ssl.SSLCertVerificationError)
    return status in _AGAIN or status >= 500
