"""Files of every encoding and separator."""

import pytest

from common.errors import DomainError
from sla.incidents.imports.csv_table import Encoding, Separator, read_csv

TABLE = "Number;Title\r\nINC1;Störung, groß\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TABLE.encode(), None),
        (TABLE.encode("utf-8-sig"), None),
        (TABLE.encode("utf-16"), None),
        (TABLE.encode("windows-1252"), "windows-1252"),
    ],
)
def test_a_file_is_read_in_its_encoding(content: bytes, encoding: Encoding | None) -> None:
    table = read_csv(content, encoding, None)
    assert table.columns == ("Number", "Title")
    assert table.lines[0].cells == {"Number": "INC1", "Title": "Störung, groß"}


@pytest.mark.parametrize(("separator", "mark"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|")])
def test_a_separator_is_seen_in_the_first_line(separator: Separator, mark: str) -> None:
    table = read_csv(f'Number{mark}"Title, or; name"\nINC1{mark}x\n'.encode(), None, None)
    assert table.separator == separator
    assert table.lines[0].cells == {"Number": "INC1", "Title, or; name": "x"}


def test_a_line_has_the_number_at_which_it_begins() -> None:
    table = read_csv(b'Number,Title\nINC1,"two\nlines"\n\nINC2,?\n', None, None)
    assert [line.number for line in table.lines] == [2, 5]
    assert table.lines[1].cells == {"Number": "INC2"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"Number,Number\n", "twice"),
        (b"Number,Title\nINC1,\xe4\n", "Line 2 is not utf-8"),
        (b'Number,Title\nINC1,"open\n', "Line 2 is not CSV"),
        (b"Number,Title\nINC1,a,b\n", "Line 2 has 3 cells"),
        (b"Number,Title\n" + b"INC1,a\n" * 10_001, "at most 10000 lines"),
        (b"Number,Title\nINC1," + b"x" * 200_000 + b"\n", "Line 2 is not CSV"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(DomainError, match=reason):
        read_csv(content, None, None)
