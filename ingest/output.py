"""Where claims, rejected lines and remarks of one document are collected."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from ingest.items import Spellings
from kg.ids import Identifier, clean_url
from kg.model import Claim, JsonValue, Kind, Name, Property, Rejected, Relation, Remark, Stance
from kg.names import fold


@dataclass(slots=True)
class Output:
    """Claims, rejected lines and remarks of one document, in order."""

    lines: Sequence[str] = ()
    """The source, for claims from what shows no words, such as a badge."""
    claims: list[Claim] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    papers_seen: set[str] = field(default_factory=set)
    """Identifiers that some claim has placed."""
    _spellings: Spellings | None = None
    _models: set[str] = field(default_factory=set)
    _looked_at: int = 0

    def spellings(self) -> Spellings:
        """How the document writes names; read once, and only where something asks for it."""
        if self._spellings is None:
            self._spellings = Spellings.of(self.lines)
        return self._spellings

    def models(self) -> Set[str]:
        """The folded names of what the claims made so far call a model."""
        for claim in self.claims[self._looked_at :]:
            for name in (claim.subject, claim.object):
                if name is not None and name.kind is Kind.MODEL:
                    self._models.add(fold(name.text))
        self._looked_at = len(self.claims)
        return self._models

    def relate(
        self,
        subject: Name,
        relation: Relation,
        target: Name | None,
        line: int,
        quote: str,
        *,
        extractor: str,
        confidence: float = 0.95,
        qualifiers: dict[str, JsonValue] | None = None,
        values: dict[str, JsonValue] | None = None,
        stance: Stance = Stance.STATES,
    ) -> None:
        """Add a relation claim, unless both ends are the same name."""
        if (
            target is not None
            and subject.kind is target.kind
            and fold(subject.text) == fold(target.text)
        ):
            return
        self.claims.append(
            Claim(
                subject,
                relation,
                line,
                self._quoted(quote, line),
                target,
                qualifiers or {},
                values or {},
                stance,
                extractor,
                confidence,
            )
        )

    def _quoted(self, quote: str, line: int) -> str:
        if quote.strip() or not 1 <= line <= len(self.lines):
            return shorten(quote)
        return shorten(self.lines[line - 1].strip())

    def describe(
        self,
        subject: Name,
        what: Property,
        text: str,
        line: int,
        quote: str,
        *,
        extractor: str,
        confidence: float = 0.95,
        qualifiers: dict[str, JsonValue] | None = None,
        more: dict[str, JsonValue] | None = None,
    ) -> None:
        """Add a property claim, unless its text is empty."""
        if text.strip():
            self.claims.append(
                Claim(
                    subject,
                    what,
                    line,
                    self._quoted(quote, line),
                    None,
                    qualifiers or {},
                    {"text": text.strip(), **(more or {})},
                    Stance.STATES,
                    extractor,
                    confidence,
                )  # fmt: skip
            )

    def identify(
        self,
        paper: Name,
        found: Identifier,
        line: int,
        quote: str,
        *,
        extractor: str,
        confidence: float = 0.95,
    ) -> None:
        """Claim that a paper has an identifier, its version as a claim of its own."""
        self.papers_seen.add(str(found))
        self.describe(
            paper,
            found.scheme,
            found.value,
            line,
            quote,
            extractor=extractor,
            confidence=confidence,
        )
        if found.version:
            self.describe(
                paper,
                Property.VERSION,
                found.version,
                line,
                quote,
                extractor=extractor,
                confidence=confidence,
            )

    def link(
        self,
        thing: Name,
        url: str,
        rel: str,
        line: int,
        quote: str,
        *,
        extractor: str,
        own: str = "",
    ) -> None:
        """Claim that an address belongs to a thing.

        `own` says that it is the thing's own address: 'entry' where the thing heads the entry,
        'item' where it is named in another's.
        """
        address = clean_url(url)
        if address:
            more: dict[str, JsonValue] = {"own": own} if own else {}
            self.describe(
                thing,
                Property.LINK,
                address,
                line,
                quote,
                extractor=extractor,
                qualifiers={"rel": rel},
                more=more,
            )

    def reject(self, line: int, text: str, reason: str) -> None:
        """Count a line that looked like an entry and could not be read."""
        self.rejected.append(Rejected(line, shorten(text), reason))


def shorten(text: str, limit: int = 280) -> str:
    """Return a quotation on one line, at most `limit` characters."""
    text = " ".join(text.replace("•", " ").split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
