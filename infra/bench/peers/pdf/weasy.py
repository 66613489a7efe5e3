"""WeasyPrint, where it is installed: the page, tagged as PDF/UA-1."""

from common import main
from page import page
from weasyprint import HTML


def render(rows: list[list[str]], target: str) -> None:
    HTML(string=page(rows)).write_pdf(target, pdf_variant="pdf/ua-1")


main(render)
