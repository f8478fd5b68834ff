"""A table that is opened in a spreadsheet shows what was stored, and runs nothing."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.representations.csv_tables import FORMULA_STARTS, to_csv

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_a_reader_gets_the_rows_back_but_for_the_mark_before_formulas(rows: list[tuple[str, str]]) -> None:
    header, *cells = read(to_csv(("a", "b"), rows))
    assert header == ["a", "b"]
    assert [[cell.removeprefix("'") for cell in row] for row in cells] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_begins_as_a_formula_does(formula: str) -> None:
    ((cell,),) = read(to_csv(("a",), [(formula,)]))[1:]
    assert not cell.startswith(FORMULA_STARTS)


def test_lines_end_as_rfc_4180_has_it_and_quotes_are_doubled() -> None:
    assert to_csv(("a", "b"), [('x "y"', "1,2")]) == 'a,b\r\n"x ""y""","1,2"\r\n'
