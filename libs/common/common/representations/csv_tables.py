"""Tables as CSV (RFC 4180, UTF-8) that a spreadsheet opens without running anything in them. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_make_harmless(str(cell)) for cell in row] for row in rows)
    return output.getvalue()


def _make_harmless(cell: str) -> str:
    """Put an apostrophe before what would be a formula, as spreadsheets do themselves for text."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
