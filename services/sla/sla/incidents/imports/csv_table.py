"""CSV files: their encoding, their separator and their lines."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sla.incidents.imports.errors import FileNotCsv, FileNotDecodable, TooManyLines

Encoding = Literal["utf-8", "utf-16", "windows-1252", "iso-8859-15"]
Separator = Literal["comma", "semicolon", "tab", "bar"]
SEPARATORS: dict[Separator, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
MARKS: dict[bytes, str] = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""The bytes that begin a file and name its encoding."""
PLACEHOLDERS = ("?", "-", "n/a", "null")
"""What tools write where nothing is."""
MAX_LINES = 10_000
MAX_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class CsvLine:
    number: int
    """The number, from 1 on, of the line of the file on which it begins."""
    cells: dict[str, str]
    """By column; without those that are empty."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    columns: tuple[str, ...]
    lines: list[CsvLine]
    separator: Separator
    encoding: str


def read_csv(content: bytes, encoding: Encoding | None, separator: Separator | None) -> CsvTable:
    """Read a file. Raise FileNotDecodable, FileNotCsv or TooManyLines."""
    name: str = encoding or next((kind for mark, kind in MARKS.items() if content.startswith(mark)), "utf-8")
    text = _decode(content, name)
    separator = separator or _detect_separator(text)
    rows = _read_rows(text, SEPARATORS[separator])
    _, names = next(rows, (1, []))
    columns = tuple(name.strip() for name in names)
    _check_columns(columns)
    lines = [CsvLine(number, _to_cells(columns, row, number)) for number, row in rows]
    return CsvTable(columns, lines, separator, name.removesuffix("-sig"))


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    except UnicodeDecodeError as error:
        place = content.count(b"\n", 0, error.start) + 1
        raise FileNotDecodable(
            f"Line {place} is not {encoding}: name the file's `encoding`, such as windows-1252.", field="encoding"
        ) from None


def _detect_separator(text: str) -> Separator:
    """Return the separator that stands most often in the first line, outside of quotes."""
    head = re.sub(r'"[^"]*"', "", io.StringIO(text[: 64 * 1024]).readline())
    return max(SEPARATORS, key=lambda name: head.count(SEPARATORS[name]))


def _read_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Read the rows that are not empty, with the lines on which they begin: a quoted cell may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin, count = 1, 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise FileNotCsv(f"Line {begin} is not CSV: {error}.") from None
        if row is None:
            return
        if any(cell.strip() for cell in row):
            count += 1
            if count > MAX_LINES + 1:
                raise TooManyLines(f"A file has at most {MAX_LINES} lines: split it.")
            yield begin, row
        begin = reader.line_num + 1


def _check_columns(columns: tuple[str, ...]) -> None:
    if not any(columns):
        raise FileNotCsv("The file is empty: its first line names the columns.")
    if len(columns) > MAX_COLUMNS:
        raise FileNotCsv(f"The file has more than {MAX_COLUMNS} columns.")
    twice = {name for name in columns if name and columns.count(name) > 1}
    if twice:
        raise FileNotCsv(f"The column {min(twice)} is there twice.")


def _to_cells(columns: tuple[str, ...], row: list[str], number: int) -> dict[str, str]:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        raise FileNotCsv(f"Line {number} has {len(row)} cells, but there are {len(columns)} columns.")
    cells = ((name, cell.strip()) for name, cell in zip(columns, row, strict=False))
    return {name: text for name, text in cells if name and text and text.lower() not in PLACEHOLDERS}
