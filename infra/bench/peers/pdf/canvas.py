"""ReportLab's canvas alone: text at places, one font, no wrapping, no fallback, no tags."""

from common import BRAND, COLUMNS, FONTS, INK, TINT, TITLE, TOTALS, main
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
SIDE, TOP, BOTTOM = 45.0, 57.0, 56.0
ROW = 18.45
# The blocks above the table, which this program leaves empty.
FRONT = 330.0
LEFTS = [50.0, 112.0, 261.0]
RIGHTS = [405.0, 467.0, 545.0]


def line(canvas: Canvas, y: float, cells: list[str]) -> None:
    for x, cell in zip(LEFTS, cells[:3]):
        canvas.drawString(x, y, cell)
    for x, cell in zip(RIGHTS, cells[3:]):
        canvas.drawRightString(x, y, cell)


def render(rows: list[list[str]], target: str) -> None:
    for name, file in (("N", "NotoSans-Regular.ttf"), ("NB", "NotoSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    brand, tint, ink = HexColor(BRAND), HexColor(TINT), HexColor(INK)
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.setTitle(TITLE)
    whole = int((HEIGHT - TOP - BOTTOM) / ROW) - 1
    first = int((HEIGHT - TOP - BOTTOM - FRONT) / ROW) - 1
    starts = [0, *range(first, len(rows) + 1, whole)]
    for page, start in enumerate(starts):
        end = starts[page + 1] if page + 1 < len(starts) else len(rows)
        y = HEIGHT - TOP - (FRONT if page == 0 else 0.0) - ROW
        canvas.setFillColor(brand)
        canvas.rect(SIDE, y, WIDTH - 2 * SIDE, ROW, stroke=0, fill=1)
        canvas.setFillColor(white)
        canvas.setFont("NB", 8.5)
        line(canvas, y + 6, COLUMNS)
        canvas.setFillColor(tint)
        for stripe in range(1, end - start, 2):
            canvas.rect(SIDE, y - ROW * (stripe + 1), WIDTH - 2 * SIDE, ROW, stroke=0, fill=1)
        canvas.setFillColor(ink)
        canvas.setFont("N", 9)
        for row in rows[start:end]:
            y -= ROW
            line(canvas, y + 6, row)
        if page + 1 == len(starts):
            line(canvas, y - ROW + 6, TOTALS)
        canvas.setFont("N", 7.5)
        canvas.drawRightString(WIDTH - SIDE, 29, f"Page {page + 1} of {len(starts)}")
        canvas.showPage()
    canvas.save()


main(render)
