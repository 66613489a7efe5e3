"""ReportLab's tables as its users write them: a repeated head, wrapped cells, a font for each script."""

import re
from xml.sax.saxutils import escape

import arabic_reshaper
from bidi.algorithm import get_display
from common import (
    BRAND,
    CHART,
    COLUMNS,
    FIGURES,
    FONTS,
    INK,
    MUTED,
    NUMBER,
    PERIOD,
    TENANT,
    TINT,
    TITLE,
    TOTALS,
    main,
)
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

WIDTH, HEIGHT = A4
SIDE = 45.0
INNER = WIDTH - 2 * SIDE
WIDTHS = [62.0, INNER - 356.0, 92.0, 62.0, 62.0, 78.0]
# One table of all rows takes time that grows with their square.
ROWS_PER_TABLE = 500
# The font of each script; what no pattern matches is set in Noto Sans.
SCRIPTS = [
    ("A", "NotoSansArabic-Regular.ttf", re.compile("[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufefc]+")),
    ("H", "NanumGothicCoding.ttf", re.compile("[\uac00-\ud7a3]+")),
    ("C", "DroidSansFallbackFull.ttf", re.compile("[\u3000-\u9fff]+")),
    ("E", "NotoEmoji-Regular.ttf", re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]+")),
]
ARABIC = re.compile("[\u0600-\u06ff]")
OTHER = re.compile("[\u0590-\U0010ffff]")
STYLE = ParagraphStyle("cell", fontName="N", fontSize=9, leading=11.25, textColor=HexColor(INK))


def cell(text: str) -> str | Paragraph:
    if not OTHER.search(text):
        return text
    if ARABIC.search(text):
        text = get_display(arabic_reshaper.reshape(text))
    text = escape(text)
    for name, _, pattern in SCRIPTS:
        text = pattern.sub(lambda found: f'<font name="{name}">{found.group()}</font>', text)
    return Paragraph(text, STYLE)


class Front(Flowable):
    """The blocks above the table."""

    def wrap(self, *_: float) -> tuple[float, float]:
        self.width, self.height = INNER, 318.0
        return self.width, self.height

    def draw(self) -> None:
        canvas, top = self.canv, self.height
        brand, muted = HexColor(BRAND), HexColor(MUTED)
        canvas.setFillColor(brand)
        canvas.roundRect(0, top - 73, INNER, 73, 5, stroke=0, fill=1)
        canvas.setFillColor(white)
        canvas.setFont("NB", 10)
        canvas.drawString(18, top - 26, TENANT)
        canvas.setFont("NB", 20)
        canvas.drawString(18, top - 55, TITLE)
        canvas.setFont("N", 9)
        canvas.drawRightString(INNER - 18, top - 26, NUMBER)
        canvas.drawRightString(INNER - 18, top - 55, PERIOD)
        width = (INNER - 27) / 4
        for index, (label, value, note) in enumerate(FIGURES):
            x = index * (width + 9)
            canvas.setFillColor(HexColor(TINT))
            canvas.roundRect(x, top - 151, width, 60, 4, stroke=0, fill=1)
            canvas.setFillColor(muted)
            canvas.setFont("N", 7.5)
            canvas.drawString(x + 11, top - 108, label)
            canvas.drawString(x + 11, top - 140, note)
            canvas.setFillColor(brand)
            canvas.setFont("NB", 15)
            canvas.drawString(x + 11, top - 127, value)
        most, place, base = max(value for _, value in CHART), INNER / len(CHART), top - 300
        for index, (label, value) in enumerate(CHART):
            x = index * place
            canvas.setFillColor(brand)
            canvas.rect(x + 8, base, place - 16, 96 * value / most, stroke=0, fill=1)
            canvas.setFillColor(muted)
            canvas.setFont("N", 7.5)
            canvas.drawCentredString(x + place / 2, base - 11, label)


class Numbered(Canvas):
    """A canvas that keeps its pages until it knows how many there are."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.pages: list[dict[str, object]] = []

    def showPage(self) -> None:  # noqa: N802
        self.pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self.pages, 1):
            self.__dict__.update(page)
            self.setFont("N", 7.5)
            self.setFillColor(HexColor(MUTED))
            self.drawRightString(WIDTH - SIDE, 29, f"Page {number} of {len(self.pages)}")
            Canvas.showPage(self)
        Canvas.save(self)


def table(rows: list[list[str]]) -> LongTable:
    made = LongTable(
        [COLUMNS, *([row[0], cell(row[1]), *row[2:]] for row in rows)],
        colWidths=WIDTHS,
        repeatRows=1,
    )
    made.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), "N", 9, 11.25),
                ("FONT", (0, 0), (-1, 0), "NB", 8.5, 11.25),
                ("TEXTCOLOR", (0, 0), (-1, 0), white),
                ("BACKGROUND", (0, 0), (-1, 0), HexColor(BRAND)),
                ("ROWBACKGROUNDS", (0, 1), (-1, -1), [white, HexColor(TINT)]),
                ("ALIGN", (3, 0), (-1, -1), "RIGHT"),
                ("TOPPADDING", (0, 0), (-1, -1), 3.6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3.6),
                ("LEFTPADDING", (0, 0), (-1, -1), 5),
                ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ]
        )
    )
    return made


def render(rows: list[list[str]], target: str) -> None:
    fonts = [("N", "NotoSans-Regular.ttf"), ("NB", "NotoSans-Bold.ttf")]
    for name, file in fonts + [(name, file) for name, file, _ in SCRIPTS]:
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    frame = Frame(SIDE, 56, INNER, HEIGHT - 112, 0, 0, 0, 0)
    document = BaseDocTemplate(target, pagesize=A4, title=TITLE, author=TENANT, invariant=1)
    document.addPageTemplates([PageTemplate("page", frame)])
    parts = range(0, max(1, len(rows)), ROWS_PER_TABLE)
    tables = [table(rows[start : start + ROWS_PER_TABLE]) for start in parts]
    document.build([Front(), Spacer(0, 8), *tables, Paragraph(TOTALS[-1], STYLE)], canvasmaker=Numbered)


main(render)
