"""The report as a web page, for the programs that print one."""

from html import escape

from common import BRAND, CHART, COLUMNS, FIGURES, INK, MUTED, NUMBER, PERIOD, TENANT, TINT, TITLE, TOTALS

STYLE = f"""
@page {{ size: A4; margin: 56pt 45pt }}
@page {{ @bottom-right {{ content: "Page " counter(page) " of " counter(pages); font-size: 7.5pt }} }}
body {{ font: 9pt/1.25 "Noto Sans", sans-serif; color: {INK}; margin: 0 }}
header {{ background: {BRAND}; color: white; border-radius: 5pt; padding: 18pt }}
header {{ display: flex; justify-content: space-between }}
h1 {{ font-size: 20pt; margin: 0 }}
.figures {{ display: flex; gap: 9pt; margin: 18pt 0 }}
.figures div {{ flex: 1; background: {TINT}; border-radius: 4pt; padding: 11pt }}
.figures b {{ display: block; font-size: 15pt; color: {BRAND} }}
.chart {{ display: flex; gap: 16pt; align-items: flex-end; height: 110pt; font-size: 7.5pt; color: {MUTED} }}
.chart div {{ flex: 1; text-align: center }}
.chart i {{ display: block; background: {BRAND} }}
table {{ width: 100%; border-collapse: collapse; table-layout: fixed }}
th, td {{ padding: 3.6pt 5pt; text-align: left; vertical-align: top; white-space: nowrap }}
td:nth-child(2) {{ white-space: normal }}
thead {{ background: {BRAND}; color: white }}
tbody tr:nth-child(even) {{ background: {TINT} }}
tr {{ break-inside: avoid }}
th:nth-child(n+4), td:nth-child(n+4) {{ text-align: right }}
"""
WIDTHS = ["62pt", "auto", "92pt", "62pt", "62pt", "78pt"]


def cells(tag: str, texts: list[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts) + "</tr>"


def page(rows: list[list[str]]) -> str:
    """The whole page."""
    most = max(value for _, value in CHART)
    figures = "".join(
        f"<div>{escape(label)}<b>{escape(value)}</b>{escape(note)}</div>" for label, value, note in FIGURES
    )
    bars = "".join(
        f'<div><i style="height:{96 * value / most:.1f}pt"></i>{label}</div>' for label, value in CHART
    )
    columns = "".join(f'<col style="width:{width}">' for width in WIDTHS)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{TITLE}</title>'
        f"<style>{STYLE}</style><header><div><b>{TENANT}</b><h1>{TITLE}</h1></div>"
        f'<div>{NUMBER}<br>{PERIOD}</div></header><div class="figures">{figures}</div>'
        f'<div class="chart">{bars}</div><table><colgroup>{columns}</colgroup>'
        f"<thead>{cells('th', COLUMNS)}</thead><tbody>"
        + "".join(cells("td", row) for row in rows)
        + f"</tbody><tfoot>{cells('td', TOTALS)}</tfoot></table></html>"
    )
