"""A limit in few letters: what the column of `status` holds."""

from svwatch.core.limits import Limit
from svwatch.core.phrase import percent
from svwatch.core.plan import Metric
from svwatch.core.units import short_size
from svwatch.view.story import joined

SHORT: dict[Metric, str] = {
    Metric.MEMORY: "",
    Metric.TOTALMEM: "",
    Metric.PSS: "pss",
    Metric.TOTAL_PSS: "pss",
    Metric.USS: "uss",
    Metric.TOTAL_USS: "uss",
    Metric.SWAP: "swap",
    Metric.TOTAL_SWAP: "swap",
}


def limit_words(limit: Limit | None) -> str:
    """Show a limit: `175M`, `400M pss`, `819M (20%)`, `80% cpu`; `-` for none."""
    if limit is None:
        return "-"
    size = "" if limit.bytes is None else short_size(limit.bytes)
    share = "" if limit.percent is None else percent(limit.percent)
    shown = f"{size} ({share})" if size and share else size or share
    metric = "" if limit.metric is None else SHORT[limit.metric]
    return joined(shown, metric, limit.words, by=" ")
