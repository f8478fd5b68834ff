"""What the command prints is text, whatever it was made of."""

import pytest

from rapport.console import print_result, print_table


def test_markup_in_a_cell_is_printed_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Reason",), [("[/red] ValueError: not [bold]",)])
    assert "[/red] ValueError: not [bold]" in capsys.readouterr().out


def test_terminal_escapes_and_overrides_are_printed_as_codes(capsys: pytest.CaptureFixture[str]) -> None:
    print_result("Shop\x1b[2J\u202egold\nthe second line")
    print_table(("Reason",), [("\x1b]0;title\x07",)])
    printed = capsys.readouterr().out
    assert "Shop\\x1b[2J\\u202egold\nthe second line\n" in printed
    assert "\\x1b]0;title\\x07" in printed


def test_a_table_that_a_program_reads_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    reason = "word " * 60
    print_table(("Reason",), [(reason,)])
    assert reason.strip() in capsys.readouterr().out
