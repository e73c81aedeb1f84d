"""Bytes become text: encodings are told apart, line ends made one, mojibake repaired."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import decode_and_tell, decode_text, repair_mojibake
from kg.model import Remark

CHINESE = "这是一个多模态大语言模型的数据集列表，包含预训练数据和指令微调数据。\n" * 20


def garble(text: str, encoding: str = "cp1252") -> str:
    """Read the UTF-8 bytes of a text as another encoding, as browsers do."""
    read = [bytes([b]).decode(encoding, "replace") for b in text.encode()]
    return "".join(chr(b) if c == "\ufffd" else c for b, c in zip(text.encode(), read, strict=True))


# --- encodings


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("数据 é 🔥".encode(), "数据 é 🔥"),
        (codecs.BOM_UTF8 + "数据".encode(), "数据"),
        (codecs.BOM_UTF16_LE + "数据 a".encode("utf-16-le"), "数据 a"),
        (codecs.BOM_UTF16_BE + "数据 a".encode("utf-16-be"), "数据 a"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        ("a\u2028b".encode(), "a\nb"),
        (b"a\x0cb\x0bc\x1cd", "a b c d"),
    ],
)
def test_unicode_is_recognised_exactly(data: bytes, text: str) -> None:
    assert decode_text(data) == text


def test_an_older_encoding_is_detected() -> None:
    assert decode_text(CHINESE.encode("gb18030")) == CHINESE


def test_the_encoding_that_a_server_names_is_tried() -> None:
    assert decode_text("Modèle déjà".encode("latin-1"), "latin-1") == "Modèle déjà"
    assert decode_text("数据集".encode("gbk"), "gbk") == "数据集"


@pytest.mark.parametrize("charset", ["no-such-encoding", "ascii", "", None])
def test_a_wrong_name_of_the_encoding_does_no_harm(charset: str | None) -> None:
    assert decode_text("数据集".encode(), charset) == "数据集"
    assert decode_text(CHINESE.encode("gb18030"), charset) == CHINESE


def test_a_damaged_byte_costs_one_character() -> None:
    data = "数据集一，数据集二，Modèle".encode()
    assert decode_text(data[:9] + b"\xff" + data[9:]) == "数据集\ufffd一，数据集二，Modèle"


@given(st.binary())
def test_any_bytes_become_text_without_carriage_returns(data: bytes) -> None:
    assert "\r" not in decode_text(data)


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"], include_characters="\n")))
def test_plain_text_comes_back(text: str) -> None:
    assert decode_text(text.encode()) == text


@given(st.text(st.sampled_from("数据集，。“”‘’—…éüﬁﬂ（）：；、🔥abc 1\n")))
def test_well_encoded_text_comes_back(text: str) -> None:
    assert decode_text(text.encode()) == text


# --- mojibake


@pytest.mark.parametrize(
    ("garbled", "text"),
    [
        ("## ðŸ”¥ Video-LLM", "## 🔥 Video-LLM"),
        ("CC3Mï¼ŒSBU", "CC3M，SBU"),
        (garble("âme – “quoted” … café"), "âme – “quoted” … café"),
        (garble("数据集：在建", "latin-1"), "数据集：在建"),
        (garble("❓ 什么", "latin-1"), "❓ 什么"),
    ],
)
def test_garbled_lines_are_repaired(garbled: str, text: str) -> None:
    assert repair_mojibake(garbled) == text
    assert decode_text(garbled.encode()) == text


@pytest.mark.parametrize(
    "line",
    [
        "An “Old” Title with ‘Quotes’ – and … dashes",
        "Eﬃcient ﬁne-tuning",
        "全角（括号）：ＡＢＣ，１２３",
        "Modèle français, naïve, Größe, ÀÉÎ",
        "AT&amp;T &lt;b&gt;",
        "x² ± 3 °C, 10 µm, ½",
        "a\u00a0b",
    ],
)
def test_quotes_ligatures_widths_and_entities_stay_as_written(line: str) -> None:
    assert repair_mojibake(line) == line
    assert decode_text(line.encode()) == line


@pytest.mark.parametrize("kept", ["“Old” Eﬃcient （全角）", "&amp; “q”", "ＡＢＣ ﬁ"])
def test_a_garbled_line_beside_a_good_one_changes_only_itself(kept: str) -> None:
    assert repair_mojibake(f"{kept}\nðŸ”¥ New\n{kept}") == f"{kept}\n🔥 New\n{kept}"


def test_quotes_and_ligatures_of_a_garbled_line_stay_too() -> None:
    assert repair_mojibake("ðŸ”¥ The “ﬁrst” &amp; ＡＢ") == "🔥 The “ﬁrst” &amp; ＡＢ"


@given(st.text(st.sampled_from("ðŸ”¥ï¼ŒÂâ€œ™éa 数\n\x85")))
def test_repair_keeps_the_number_of_lines(text: str) -> None:
    assert repair_mojibake(text).count("\n") == text.count("\n")
    assert decode_text(text.encode()).count("\n") == text.count("\n")


# --- what was repaired is told


def told(text: str) -> list[tuple[int, str]]:
    return [(r.line, r.text) for r in decode_and_tell(text.encode())[1]]


def test_each_repaired_line_says_what_stood_there_and_what_is_read() -> None:
    assert told("kept\n## ðŸ”¥ New\nCC3Mï¼ŒSBU\n") == [
        (2, "'ðŸ”¥' is UTF-8 taken for cp1252, read as '🔥'"),
        (3, "'ï¼Œ' is UTF-8 taken for cp1252, read as '，'"),
    ]
    assert decode_and_tell("ðŸ”¥".encode())[1][0].kind == "repair"


def test_a_sequence_is_named_once_a_line_and_what_stays_is_not_named() -> None:
    assert told("ðŸ”¥ é ðŸ”¥ ðŸŽ‰") == [
        (
            1,
            "'ðŸ”¥' is UTF-8 taken for cp1252, read as '🔥'; 'ðŸŽ‰' is UTF-8 taken for cp1252, read as '🎉'",
        )
    ]


def test_the_other_encoding_is_named_where_it_is_known() -> None:
    assert told(garble("数据", "latin-1"))[0][1].endswith(
        "is UTF-8 taken for latin-1, read as '数据'"
    )
    assert "is damaged UTF-8, read as" in told("Ã la carte, dÃ©jÃ  vu")[0][1]


def test_many_or_long_sequences_stay_one_short_remark() -> None:
    many = " ".join(garble(c) for c in "äöüßéèêàâîôûç")
    assert told(many)[0][1].endswith("; and 5 more")
    assert len(told(garble("数据集" * 500, "latin-1"))[0][1]) < 150


def test_bytes_of_no_encoding_are_told_but_a_mark_that_the_file_holds_is_not() -> None:
    text = "数据集一，数据集二，Modèle"
    data = f"{text}\n".encode() + text.encode()[:9] + b"\xff\n"
    remark = Remark(2, "bytes that fit no encoding, read as '\ufffd'", "repair")
    assert decode_and_tell(data)[1] == (remark,)
    assert decode_and_tell(f"{text}\ufffd\n".encode() + data) == (
        f"{text}\ufffd\n{text}\n{text[:3]}\ufffd\n",
        (Remark(3, remark.text, "repair"),),
    )
    assert told(f"{text} \ufffd") == []
    assert decode_and_tell("a \ufffd".encode("utf-16"))[1] == ()


@given(st.binary())
def test_telling_changes_nothing_of_the_text(data: bytes) -> None:
    text, remarks = decode_and_tell(data)
    assert text == decode_text(data)
    assert all(1 <= r.line <= text.count("\n") + 1 and r.kind == "repair" for r in remarks)


@given(st.text(st.sampled_from("ðŸ”¥ï¼ŒÂâ€œ™éa 数\n\x85")))
def test_a_line_is_told_exactly_when_it_was_repaired(text: str) -> None:
    read, remarks = decode_and_tell(text.encode())
    before = text.replace("\x85", " ").split("\n")
    changed = [
        n for n, (a, b) in enumerate(zip(before, read.split("\n"), strict=True), 1) if a != b
    ]
    assert [r.line for r in remarks] == changed
    assert all(r.text for r in remarks)
