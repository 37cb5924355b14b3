"""What `why NAME --limits` says, and that it does not say more than is known."""

from msgspec.structs import replace

from svwatch.core.candidates import DAY, Spread, Study, Trial
from svwatch.core.plan import Lasting, Times
from svwatch.core.units import MB
from svwatch.view.to_limits import limits, nothing
from tests.view.golden import check

FIRST = 30_000_000
WEEK = Study(
    service="mailer-1",
    first=FIRST,
    last=FIRST + 7 * DAY - 1,
    window=Times(3, 3),
    rule="if totalmem > 175 MB for 3 cycles then restart",
    spreads=(
        Spread(1, DAY, 121 * MB, 168 * MB, 182 * MB),
        Spread(7, 7 * DAY - 3, 118 * MB, 166 * MB, 182 * MB),
    ),
    trials=(
        Trial(170 * MB, (5, 31), 0.0512),
        Trial(175 * MB, (3, 20), 0.0201, present=True),
        Trial(180 * MB, (0, 1), 0.0001),
        Trial(230 * MB, (0, 0), 0.0),
    ),
)
YOUNG = replace(
    WEEK,
    service="mailer\n2",
    last=FIRST + 400,
    window=Lasting(120.0),
    rule="if total pss > 90 MB for 2 minutes then restart",
    apart=True,
    spreads=tuple(replace(one, minutes=180) for one in WEEK.spreads),
)


def test_a_week_and_three_hours() -> None:
    text = limits(WEEK)
    assert "only" not in text
    young = limits(replace(YOUNG, last=FIRST + 180))
    assert "mailer 2: totalmem, the most of each minute; only 3h on record" in young
    often = limits(replace(WEEK, window=Times(3, 5)))
    assert "if totalmem > LIMIT 3 times within 5 cycles: how" in often
    assert "if totalmem > LIMIT: how" in limits(replace(WEEK, window=Times()))
    check("limits.txt", "\n".join((text, limits(YOUNG), nothing("mailer-3"))))
