"""What all programs share: the report's data, and what they say at their end."""

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

TENANT = "Northwind Mapping Ltd"
TITLE = "Usage report"
NUMBER = "REP-2025-004217"
PERIOD = "1 January – 31 December 2025"
BRAND = "#0f766e"
TINT = "#e2efee"
INK = "#1f2933"
MUTED = "#5b6472"
COLUMNS = ["Date", "Project", "Metric", "Quantity", "Unit price", "Amount"]
TOTALS = ["Total", "", "", "", "", "1,284,310.55"]
FIGURES = [
    ("Total amount", "€ 1,284,310.55", "excl. VAT"),
    ("Line items", "2,000", "12 months"),
    ("Projects", "812", "+37 this year"),
    ("Monthly mean", "€ 107,025.88", ""),
]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
CHART = [(month, 71_000 + index * index * 911 % 53_000) for index, month in enumerate(MONTHS)]
FONTS = Path(sys.argv[3])


def rows(path: str) -> list[list[str]]:
    """The rows of a file with one line for each and tabs between its cells."""
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def main(render: Callable[[list[list[str]], str], None]) -> None:
    """Renders the rows of the first argument into the second, and says what that took."""
    source, target = sys.argv[1:3]
    render(rows(source), target)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "cpu_us": round(1e6 * sum(one.ru_utime + one.ru_stime for one in used)),
                "peak_kib": max(one.ru_maxrss for one in used),
            }
        )
    )
