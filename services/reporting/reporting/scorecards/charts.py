"""The scorecard's charts. A table beside each shows the same: nothing relies on colour or shape alone. Pure."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise

from markupsafe import Markup

from common.representations.percentages import NBSP, format_percent
from reporting.scorecards.months import Month
from reporting.scorecards.svg import Drawing
from reporting.scorecards.views import SatisfactionCard, TrendPoint, Verdict
from reporting.scorecards.wording import describe_withheld

WIDTH, LEFT, RIGHT = 720.0, 68.0, 24.0
TOP, PLOT, BOTTOM = 30.0, 250.0, 62.0
FLOORS = [Decimal(text) for text in ("99.9", "99.5", "99", "98", "95", "90", "80", "50", "0")]
GRID = 5
ROW, NAMES, PLACE, FIGURES = 34.0, 24, (216.0, 516.0), 532.0

Scale = Callable[[Decimal], float]


def performance_chart(trend: Sequence[TrendPoint]) -> Markup:
    """Draw the overall performance by month, with gaps where nothing is known."""
    drawing = Drawing(
        "trend",
        WIDTH,
        TOP + PLOT + BOTTOM,
        title="Overall performance by month",
        description="; ".join(_describe(point) for point in trend),
    )
    floor = _floor([point.performance for point in trend if point.performance is not None])
    scale = _vertical(floor)
    _grid(drawing, floor, scale)
    places = _places(len(trend))
    _line(drawing, trend, places, scale)
    for number, x in enumerate(places):
        _month(drawing, trend, number, x, scale)
    return drawing.to_markup()


def _describe(point: TrendPoint) -> str:
    month = Month.parse(point.period).title
    state = "provisional" if point.provisional else point.verdict.replace("_", " ")
    return f"{month}: {format_percent(point.performance)}, {state}"


def _floor(values: Sequence[Decimal]) -> Decimal:
    """Return where the axis begins: as high as the lowest value allows, so that small differences show."""
    return next((floor for floor in FLOORS if values and floor < min(values)), Decimal(0))


def _vertical(floor: Decimal) -> Scale:
    return lambda value: TOP + PLOT * float((100 - value) / (100 - floor))


def _grid(drawing: Drawing, floor: Decimal, scale: Scale) -> None:
    for step in range(GRID + 1):
        value = floor + (100 - floor) * step / GRID
        y = scale(value)
        drawing.add_element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid")
        drawing.add_element(
            "text", format_percent(value, places=3), x=LEFT - 8, y=y + 4, text_anchor="end", class_="axis"
        )


def _places(count: int) -> list[float]:
    """Return the middle of an equal share of the width for each month."""
    share = (WIDTH - LEFT - RIGHT) / max(count, 1)
    return [LEFT + share * (number + 0.5) for number in range(count)]


def _line(drawing: Drawing, trend: Sequence[TrendPoint], places: Sequence[float], scale: Scale) -> None:
    pairs = list(zip(trend, places, strict=True))
    for (earlier, x1), (later, x2) in pairwise(pairs):
        if earlier.performance is not None and later.performance is not None:
            drawing.add_element(
                "line", x1=x1, x2=x2, y1=scale(earlier.performance), y2=scale(later.performance), class_="line"
            )


def _month(drawing: Drawing, trend: Sequence[TrendPoint], number: int, x: float, scale: Scale) -> None:
    point, month, foot = trend[number], Month.parse(trend[number].period), TOP + PLOT
    drawing.add_element("text", month.short_name, x=x, y=foot + 36, text_anchor="middle", class_="axis")
    drawing.add_element("text", str(month.year), x=x, y=foot + 51, text_anchor="middle", class_="axis faint")
    if point.performance is None:
        drawing.add_element("rect", x=x - 25, y=TOP, width=50, height=PLOT, class_="gap")
        drawing.add_element("text", "no data", x=x, y=TOP + PLOT / 2, text_anchor="middle", class_="axis faint")
        return
    y = scale(point.performance)
    if point.verdict is Verdict.MISSED:
        drawing.add_element("path", d=f"M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8-8z", class_="missed")
    else:
        drawing.add_element("circle", cx=x, cy=y, r=5.5, class_="met to-date" if point.provisional else "met")
    label = y + 23 if _in_a_valley(trend, number) else y - 13
    drawing.add_element("text", _short(point.performance), x=x, y=label, text_anchor="middle", class_="value")


def _in_a_valley(trend: Sequence[TrendPoint], number: int) -> bool:
    """Tell whether the line comes down to this point, so that its label has more room below."""
    value = trend[number].performance
    neighbours = (*trend[max(number - 1, 0) : number], *trend[number + 1 : number + 2])
    values = [point.performance for point in neighbours if point.performance is not None]
    return value is not None and bool(values) and value < sum(values, Decimal(0)) / len(values)


def _short(value: Decimal) -> str:
    """Format with at most two decimals, cut: 99.999 is not 100."""
    return format_percent(value, places=2).removesuffix(f"{NBSP}%")


def satisfaction_chart(surveys: Sequence[SatisfactionCard]) -> Markup:
    """Draw each survey's score as a point on its 95 % interval."""
    height = 34 + ROW * len(surveys)
    drawing = Drawing(
        "satisfaction",
        WIDTH,
        height,
        title="Satisfied people by survey, with 95 % intervals",
        description="; ".join(f"{survey.survey_name}, {survey.period}: {_figures(survey)}" for survey in surveys),
    )
    for value in range(0, 101, 25):
        x = _across(Decimal(value))
        drawing.add_element("line", x1=x, x2=x, y1=4, y2=height - 26, class_="grid")
        drawing.add_element(
            "text", format_percent(Decimal(value)), x=x, y=height - 8, text_anchor="middle", class_="axis"
        )
    for number, survey in enumerate(surveys):
        _survey(drawing, survey, 4 + ROW * (number + 0.5))
    return drawing.to_markup()


def _across(value: Decimal) -> float:
    start, end = PLACE
    return start + (end - start) * float(value) / 100


def _survey(drawing: Drawing, survey: SatisfactionCard, y: float) -> None:
    name = survey.survey_name if len(survey.survey_name) <= NAMES else survey.survey_name[: NAMES - 1] + "…"
    drawing.add_element("text", name, x=0, y=y - 1, class_="label")
    drawing.add_element("text", Month.parse(survey.period).title, x=0, y=y + 13, class_="axis faint")
    if survey.score is not None and survey.low is not None and survey.high is not None:
        low, high = _across(survey.low), _across(survey.high)
        drawing.add_element("line", x1=low, x2=high, y1=y, y2=y, class_="interval")
        for x in (low, high):
            drawing.add_element("line", x1=x, x2=x, y1=y - 6, y2=y + 6, class_="interval")
        drawing.add_element("circle", cx=_across(survey.score), cy=y, r=6, class_="met")
    drawing.add_element("text", _figures(survey), x=FIGURES, y=y + 4, class_="value start")


def _figures(survey: SatisfactionCard) -> str:
    if survey.withheld:
        return describe_withheld(survey.withheld)
    if survey.score is None:
        return "no answer yet"
    return f"{format_percent(survey.score, places=1)} of {survey.n} answers"


def budget_bar(name: str, remaining: Decimal) -> Markup:
    """Draw the rest of an error budget as a bar; an overspent one is hatched from end to end."""
    shown_percent = min(max(remaining, Decimal(0)), Decimal(100))
    description = (
        f"{format_percent(remaining)} of the error budget left" if remaining >= 0 else "the error budget is overspent"
    )
    drawing = Drawing(name, 120, 6, title="Error budget", description=description)
    drawing.add_element(
        "rect", x=0, y=0, width=120, height=6, rx=3, class_="track" if remaining >= 0 else "track overspent"
    )
    if shown_percent > 0:
        drawing.add_element("rect", x=0, y=0, width=float(shown_percent) * 1.2, height=6, rx=3, class_="left")
    return drawing.to_markup()
