"""Positions: whatever order transactions commit in, a reader that comes and goes is told of each event once."""

from hypothesis import given
from hypothesis import strategies as st

from common.changes.positions import Gap, Position, parse_position

TAG = "a1b2c3d4e5f6"


class Outbox:
    """Transactions draw a number each, and are committed or rolled back in any order."""

    def __init__(self, outcomes: list[bool], order: list[int]) -> None:
        self.outcomes, self.order = outcomes, order
        self.over: set[int] = set()

    def finish_next(self) -> None:
        self.over.add(self.order[len(self.over)])

    def list_committed(self, seen: Position) -> list[int]:
        return [
            number
            for number in sorted(self.over)
            if self.outcomes[number - 1] and (number > seen.number or seen.is_in_gap(number))
        ]

    def oldest_under_way(self) -> int:
        return next((number for number in sorted(self.order) if number not in self.over), 1 + len(self.order))


@st.composite
def outboxes(draw: st.DrawFn) -> Outbox:
    outcomes = draw(st.lists(st.booleans(), min_size=1, max_size=25))
    return Outbox(outcomes, draw(st.permutations(range(1, len(outcomes) + 1))))


def look(outbox: Outbox, position: Position) -> list[tuple[int, Position]]:
    """Read as the feed of a process does; the last entry has the position of the feed and no number."""
    steps = []
    for number in outbox.list_committed(position):
        position = position.advance(number, TAG, len(outbox.order) + 1)
        steps.append((number, position))
    return [*steps, (0, position.settle(outbox.oldest_under_way()))]


@given(outboxes())
def test_a_feed_sees_each_committed_event_once(outbox: Outbox) -> None:
    position, seen = Position(), []
    for _ in outbox.order:
        outbox.finish_next()
        steps = look(outbox, position)
        seen += [number for number, _ in steps[:-1]]
        position = steps[-1][1]

    assert sorted(seen) == [number for number, committed in enumerate(outbox.outcomes, 1) if committed]
    assert not position.gaps


@given(outboxes(), st.data())
def test_a_reader_that_comes_and_goes_is_told_of_each_event_once(outbox: Outbox, data: st.DataObject) -> None:
    feed, reader, seen = Position(), Position(), []
    is_listening = True
    for _ in outbox.order:
        outbox.finish_next()
        steps = look(outbox, feed)
        feed = steps[-1][1]
        if is_listening:
            # The connection breaks anywhere: what was sent after it is lost.
            kept = data.draw(st.integers(0, len(steps) - 1))
            seen += [number for number, _ in steps[:kept]]
            reader = steps[kept - 1][1] if kept else reader
            is_listening = kept == len(steps) - 1
        elif data.draw(st.booleans()):
            told, reader, is_listening = resume(outbox, reader, feed, data)
            seen += told
    told, reader, _ = resume(outbox, reader, feed, None)

    assert sorted([*seen, *told]) == [number for number, committed in enumerate(outbox.outcomes, 1) if committed]


def resume(
    outbox: Outbox, reader: Position, feed: Position, data: st.DataObject | None
) -> tuple[list[int], Position, bool]:
    """Read what lies between the reader's position, as it was sent, and the feed's; the connection may break again."""
    parsed = parse_position(str(reader))
    assert parsed is not None
    missing = [number for number in outbox.list_committed(parsed) if not feed.is_in_gap(number)]
    kept = len(missing) if data is None else data.draw(st.integers(0, len(missing)))
    reached = parsed
    for number in missing[:kept]:
        reached = reached.step_towards(feed, number, TAG)
    is_complete = kept == len(missing)
    return missing[:kept], feed if is_complete else reached, is_complete


def test_a_position_is_read_as_it_was_written() -> None:
    position = Position(1042, TAG, (Gap(1001, 1001), Gap(1020, 1040)))

    assert str(position) == f"1042-{TAG}_1001_1020-1040"
    assert parse_position(str(position)) == position
    assert parse_position("0") == Position()


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,20}(-[0-9a-f]{12})?(_[0-9-]{1,9})*", fullmatch=True))
def test_what_is_no_position_is_refused(text: str) -> None:
    position = parse_position(text)
    assert position is None or all(gap.first <= gap.last <= position.number for gap in position.gaps)


def test_a_gap_is_given_up_once_no_transaction_can_fill_it() -> None:
    position = Position(1, TAG).advance(4, TAG, 900)

    assert position.gaps == (Gap(2, 3, 900),)
    assert position.settle(899) == position
    assert position.settle(900).gaps == ()
    assert position.settle(900, up_to=2) == position
