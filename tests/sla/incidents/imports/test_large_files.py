"""Large files: reading them takes time in proportion to their lines, whatever is wrong with them."""

from time import thread_time
from uuid import uuid4

import pytest

from sla.incidents.imports.actions import _read_events
from sla.incidents.imports.columns import map_columns
from sla.incidents.imports.csv_table import read_csv
from sla.incidents.imports.line_reader import LineReader
from sla.incidents.imports.name_book import NameBook
from sla.incidents.imports.views import ImportOptions

HEADER = "Number,Priority,Customer,Service,Opened\n"


@pytest.mark.parametrize(("good", "bad"), [(0, 10_000), (5_000, 5_000)])
def test_many_bad_lines_are_refused_in_little_time(good: int, bad: int) -> None:
    customer, service = uuid4(), uuid4()
    times = ["2026-02-03 09:15"] * good + ["2026-02-31 09:15"] * bad
    rows = [f"INC{number},1,{customer},{service},{time}\n" for number, time in enumerate(times)]
    table = read_csv((HEADER + "".join(rows)).encode(), None, None)
    options = ImportOptions(source="desk", zone="UTC")
    reader = LineReader(options.to_rules(map_columns(table.columns, {})), NameBook())
    lines = [reader.read(line, is_update=False) for line in table.lines]
    began_at = thread_time()

    file = _read_events(lines, options)

    assert thread_time() - began_at < 1  # 0.2 s on an idle machine
    assert (len(file.events), len(file.problems)) == (good, bad)
