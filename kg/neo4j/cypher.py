"""Whether a Cypher text only reads, judged on its tokens and never by substring.

A server's read access mode refuses writes to the graph, and lets everything else run: under it
Neo4j 5.26 fetched a URL with LOAD CSV, listed its configuration, cleared its caches and ended the
connections of others. So `judge` reads a text as the server's own lexer does and lets through what
it knows to be harmless; what it cannot read exactly it refuses, with the place and the way out.

A text gets through when

- every character of it can be read: no Unicode escape, which the server replaces before it looks
  for the end of a string or comment, and nothing outside strings that looks like something else
- it is one statement and begins with a clause that reads, or with EXPLAIN or PROFILE before that
- no word that begins another kind of clause stands where a clause can begin
- it is not nested more deeply than people write
- every CALL is a subquery, or a procedure of `PROCEDURES`
- every function in a namespace is one of `FUNCTIONS`; those without one are the server's own
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from kg.errors import InputError

PROCEDURES = frozenset(
    {
        "db.index.fulltext.listAvailableAnalyzers",
        "db.index.fulltext.queryNodes",
        "db.index.fulltext.queryRelationships",
        "db.index.vector.queryNodes",
        "db.index.vector.queryRelationships",
        "db.labels",
        "db.propertyKeys",
        "db.relationshipTypes",
        "db.schema.nodeTypeProperties",
        "db.schema.relTypeProperties",
        "db.schema.visualization",
    }
)
"""Procedures that may be called: they read the graph and its schema, and change nothing."""

FUNCTIONS = frozenset(
    {
        "db.namefromelementid",
        "duration.between",
        "duration.indays",
        "duration.inmonths",
        "duration.inseconds",
        "point.distance",
        "point.withinbbox",
        "vector.similarity.cosine",
        "vector.similarity.euclidean",
        "datetime.fromepoch",
        "datetime.fromepochmillis",
        *(
            f"{of}.{what}"
            for of in ("date", "datetime", "localdatetime", "localtime", "time")
            for what in ("realtime", "statement", "transaction", "truncate")
        ),
    }
)
"""Functions in a namespace that may be used, in lower case. Plug-ins have namespaces always."""

_BEGINNINGS = frozenset({"MATCH", "OPTIONAL", "RETURN", "WITH", "UNWIND", "CALL", "SHOW"})
_PLANS = frozenset({"EXPLAIN", "PROFILE"})

_WRITES = "writes"
_ADMIN = "is about the server and not about the graph"
_REFUSED = {
    **dict.fromkeys(
        ("CREATE", "INSERT", "MERGE", "SET", "DELETE", "DETACH", "NODETACH", "REMOVE", "FOREACH"),
        _WRITES,
    ),
    **dict.fromkeys(("DROP", "ALTER", "RENAME"), _WRITES),
    **dict.fromkeys(
        ("GRANT", "DENY", "REVOKE", "TERMINATE", "START", "STOP", "ENABLE", "DRYRUN"), _ADMIN
    ),
    **dict.fromkeys(("DEALLOCATE", "REALLOCATE", "SHOW"), _ADMIN),
    "USE": "leads to another database; name it in the address of the store",
    "CYPHER": "chooses a version or planner; questions are Cypher 5, and the server plans them",
    "TRANSACTIONS": "commits in between; a question runs in one transaction, that reads",
    "PERIODIC": "commits in between; a question runs in one transaction, that reads",
}
"""Words that begin what is refused, and what they do."""
_HARMLESS_ELSEWHERE = frozenset(
    {"START", "STOP", "ENABLE", "PERIODIC", "RENAME", "DRYRUN", "CYPHER"}
)
"""Those of them that the grammar has at the beginning alone; elsewhere they can only be names."""

_SHOWN = frozenset({"INDEX", "INDEXES", "CONSTRAINT", "CONSTRAINTS"})
_KINDS_SHOWN = frozenset(
    {"ALL", "RANGE", "TEXT", "POINT", "FULLTEXT", "VECTOR", "LOOKUP", "NODE", "RELATIONSHIP", "REL"}
    | {"UNIQUE", "UNIQUENESS", "KEY", "EXIST", "EXISTENCE", "PROPERTY", "TYPE"}
)

_DEEPEST = 100
"""How many brackets may be open at once: what is nested deeply a server plans for long, and does
not look at its time limit meanwhile."""

_BEFORE_NAMES = frozenset({".", ":", "|", "&", "!", "$"})
"""Signs behind which only a name, a label or an expression can stand, never a clause."""


_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"
    """A keyword or a name without quotes."""
    NAME = "name"
    """A name in backticks."""
    STRING = "string"
    NUMBER = "number"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a Cypher text that is neither space nor comment."""

    kind: TokenKind
    text: str
    """As written, with its quotes."""
    at: int
    """Where it begins in the text, counted in characters from 0."""

    @property
    def name(self) -> str:
        """The name that a word or a name in backticks stands for."""
        if self.kind is TokenKind.NAME:
            return self.text[1:-1].replace("``", "`")
        return self.text

    @property
    def keyword(self) -> str:
        """The keyword that a word may be taken for, in capitals; '' for what is no word."""
        if self.kind is not TokenKind.WORD:
            return ""
        if self.text.isascii():
            return self.text.upper()
        # A letter that becomes one of A to Z in some way or other is taken for it.
        return unicodedata.normalize("NFKC", self.text).casefold().upper()


@dataclass(frozen=True, slots=True)
class Question:
    """A text that only reads."""

    text: str
    """As written, but blanks for EXPLAIN, PROFILE and the semicolon at the end."""
    plan: str = ""
    """'EXPLAIN' or 'PROFILE' where it begins so."""


# Cypher 5's own lexer (ANTLR, Neo4j 5.26), in the order that its longest match has here.
_TOKEN = re.compile(
    r"""
      (?P<space>  [ \t\n\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+ | \r\n )
    | (?P<line>   //[^\n]* )
    | (?P<block>  /\*.*?\*/ )
    | (?P<string> '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" )
    | (?P<name>   `(?:[^`]|``)*` )
    | (?P<number> 0[xX][0-9a-fA-F_]+ | 0o[0-7_]+
                | (?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*(?:[eE][+-]?[0-9]+)?
                | [0-9](?:_?[0-9])*(?:[eE][+-]?[0-9]+)? )
    | (?P<word>   [^\W\d]\w* )
    | (?P<sign>   \.\.|::|\|\||=~|\+=|<>|<=|>=|!=|/(?!\*)|[()\[\]{}.,:;|&!%+\-*^=<>$?] )
    """,
    re.VERBOSE | re.DOTALL,
)
_UNFINISHED = {"'": "a string", '"': "a string", "`": "a name in backticks", "/": "a comment"}
# What another reader may take for the end of a line, or replace, inside a comment.
_UNCERTAIN = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|\\\\u")
_RUNS_ON = re.compile(r"[\w$]")


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text as the server's lexer finds them.

    Parameters
    ----------
    text : Cypher 5, not yet judged

    Raises
    ------
    InputError
        At the first character that the server may read in another way.
    """
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unreadable(text, at)
        kind, piece = found.lastgroup or "", found.group()
        _check_piece(text, at, kind, piece)
        if kind not in ("space", "line", "block"):
            yield Token(TokenKind(kind), piece, at)
        at = found.end()


def _check_piece(text: str, at: int, kind: str, piece: str) -> None:
    """Refuse a piece that the server may read in another way."""
    if kind == "string":
        # The server replaces an escape before it looks for the end of the string, except behind a
        # backslash that is itself escaped: there are two characters to each backslash here.
        for escape in re.finditer(r"\\.", piece, re.DOTALL):
            if escape.group() == "\\u":
                raise _escaped(text, at + escape.start())
    elif kind in ("line", "block", "name"):
        uncertain = _UNCERTAIN.search(piece)
        # A name that ends a line in another way is still a name.
        if uncertain and uncertain.group() == "\\u":
            raise _escaped(text, at + uncertain.start())
        if uncertain and kind != "name":
            raise _refusal(text, at + uncertain.start(), "a comment holds a control character")
    elif kind in ("number", "word"):
        end = at + len(piece)
        if end < len(text) and _RUNS_ON.match(text, end):
            what = "a number runs into what follows" if kind == "number" else "a name holds '$'"
            raise _refusal(text, end, f"{what}; put a space between, or the name in backticks")
    if any("\ud800" <= character <= "\udfff" for character in piece):
        raise _refusal(text, at, "the text is not valid Unicode")


def _escaped(text: str, at: int) -> InputError:
    return _refusal(
        text,
        at,
        "a Unicode escape: the server replaces it before it reads; write the character itself, or"
        " give the value with --param",
    )


def _unreadable(text: str, at: int) -> InputError:
    character = text[at]
    if text.startswith("\\u", at):
        return _escaped(text, at)
    if character in _UNFINISHED:
        return _refusal(text, at, f"{_UNFINISHED[character]} does not end")
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return _refusal(text, at, f"the character {shown} outside a string cannot be read")


def judge(text: str) -> Question:
    """Say what a Cypher text asks, if all that it does is read.

    Parameters
    ----------
    text : Cypher 5, from anywhere

    Returns
    -------
    Question
        What can be sent to a server.

    Raises
    ------
    InputError
        If it does anything else or cannot be read exactly; the message marks the place.
    """
    found = [*tokens(text)]
    cut: list[Token] = []
    if found and found[-1].text == ";":
        cut.append(found.pop())
    for token in found:
        if token.kind is TokenKind.SIGN and token.text == ";":
            raise _refusal(text, token.at, "more than one statement; ask them one by one")
    plan = ""
    if found and found[0].keyword in _PLANS:
        plan = found[0].keyword
        cut.append(found.pop(0))
    if not found:
        raise InputError(f"nothing is asked; a question begins with {_listed()}")
    _Judged(text, found).check()
    for token in cut:
        text = text[: token.at] + " " * len(token.text) + text[token.at + len(token.text) :]
    return Question(text, plan)


def _listed() -> str:
    return "MATCH, OPTIONAL MATCH, RETURN, WITH, UNWIND, CALL or SHOW INDEXES"


class _Judged:
    """The tokens of one statement, while they are looked at."""

    def __init__(self, text: str, found: Sequence[Token]) -> None:
        self._text = text
        self._tokens = found

    def check(self) -> None:
        """Refuse what does more than read."""
        first = self._tokens[0]
        if first.keyword not in _BEGINNINGS:
            why = _REFUSED.get(first.keyword) or ("fetches files and addresses" * self._is_load(0))
            shown = "LOAD CSV" if self._is_load(0) else first.keyword
            raise self._refuse(
                0, f"{shown} {why}" if why else f"a question begins with {_listed()}"
            )
        deep = 0
        for i, token in enumerate(self._tokens):
            if token.kind is TokenKind.WORD:
                self._check_word(i)
            elif self._sign(i) == "(":
                self._check_function(i)
            deep += (self._sign(i) in _OPENING) - (self._sign(i) in _CLOSING)
            if deep > _DEEPEST:
                raise self._refuse(i, f"more than {_DEEPEST} brackets within each other")

    def _check_word(self, i: int) -> None:
        keyword = self._tokens[i].keyword
        if self._is_load(i):
            raise self._refuse(i, "LOAD CSV fetches files and addresses")
        if self._is_name(i):
            return
        if keyword == "SHOW" and i == 0:
            self._check_show()
        elif keyword == "CALL":
            self._check_call(i)
        elif keyword in _REFUSED and keyword not in _HARMLESS_ELSEWHERE:
            raise self._refuse(
                i,
                f"{keyword} {_REFUSED[keyword]}; a name that is such a word stands in backticks:"
                f" `{self._tokens[i].text}`",
            )

    def _is_load(self, i: int) -> bool:
        return self._keyword(i) == "LOAD" and self._keyword(i + 1) == "CSV"

    def _is_name(self, i: int) -> bool:
        """Whether no clause can begin here, so that a word is a name whatever it says."""
        before = self._sign(i - 1)
        if before == ".":
            # Behind a number a point may be part of it.
            return i >= 2 and self._tokens[i - 2].kind is not TokenKind.NUMBER
        if before in ("{", ","):
            return self._sign(i + 1) == ":"  # the key of a map
        return before in _BEFORE_NAMES

    def _check_show(self) -> None:
        i = 1
        while self._keyword(i) in _KINDS_SHOWN:
            i += 1
        if self._keyword(i) not in _SHOWN:
            raise self._refuse(
                0, "of SHOW only SHOW INDEXES and SHOW CONSTRAINTS are about the graph"
            )

    def _check_call(self, i: int) -> None:
        """Allow a subquery, whose content is looked at like all else, or a known procedure."""
        j = i + 1
        if self._sign(j) == "(":  # CALL (n) { ... }: variables, or a star
            while j < len(self._tokens) and self._sign(j) != ")":
                j += 1
            j += 1
        if self._sign(j) == "{":
            return
        name = "" if j != i + 1 else self._name_from(j)
        if name not in PROCEDURES:
            shown = f"the procedure {name}" if name else "CALL of what is no name"
            raise self._refuse(
                i,
                f"{shown} is not one of those known to read only, such as db.labels and"
                " db.index.fulltext.queryNodes",
            )

    def _check_function(self, i: int) -> None:
        """Allow what stands before a bracket: no function, one without a namespace, a known one."""
        begin = i
        while self._is_part(begin - 1):
            begin -= 1
            if self._sign(begin - 1) != ".":
                break
            begin -= 1
        if begin == i or (self._keyword(begin - 1) == "CALL" and not self._is_name(begin - 1)):
            return
        dotted = self._sign(begin) == "."  # behind something that is no name
        name = "".join(t.name for t in self._tokens[begin:i])
        if "." in name and (dotted or name.lower() not in FUNCTIONS):
            raise self._refuse(
                begin,
                f"the function {name} is not one of the server's own that only compute; plug-ins can"
                " open files and addresses",
            )

    def _is_part(self, i: int) -> bool:
        return 0 <= i < len(self._tokens) and self._tokens[i].kind in (
            TokenKind.WORD,
            TokenKind.NAME,
        )

    def _name_from(self, i: int) -> str:
        """Return the dotted name that begins here; one of backticks with points is not the same."""
        parts: list[str] = []
        while self._is_part(i):
            parts.append(self._tokens[i].name)
            if self._sign(i + 1) != ".":
                break
            i += 2
        return ".".join(parts)

    def _keyword(self, i: int) -> str:
        return self._tokens[i].keyword if 0 <= i < len(self._tokens) else ""

    def _sign(self, i: int) -> str:
        if 0 <= i < len(self._tokens) and self._tokens[i].kind is TokenKind.SIGN:
            return self._tokens[i].text
        return ""

    def _refuse(self, i: int, why: str) -> InputError:
        return _refusal(self._text, self._tokens[i].at, why)


def _refusal(text: str, at: int, why: str) -> InputError:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return InputError(f"refused: {why}\n{marked(text, line, column)}")


def marked(text: str, line: int, column: int, width: int = 78) -> str:
    """Show a line of a text with a mark below a place.

    Parameters
    ----------
    text : the whole text
    line, column : of the place, counted from 1; what lies outside the text is moved into it
    width : what the line is cut to, around the place

    Returns
    -------
    str
        Two lines, both indented.
    """
    lines = text.split("\n")
    shown = "".join(c if c.isprintable() else " " for c in lines[min(max(line, 1), len(lines)) - 1])
    place = min(max(column, 1), len(shown) + 1) - 1
    begin = max(0, min(place - width // 2, len(shown) - width))
    before = shown[begin:place]
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in before)
    where = f"line {line}: " if len(lines) > 1 else ""
    return f"  {where}{shown[begin : begin + width]}\n  {' ' * (len(where) + len(before) + wide)}^"
