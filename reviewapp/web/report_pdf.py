"""A report as PDF: the record's sections set on A4, its charts drawn as they are on the page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_datetime
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from reviewapp.domain import jobs, reports
from reviewapp.web import report_sections

FONTS = Path(__file__).resolve().parents[1] / "fonts"
FAMILY = "DejaVu"
MARGIN = 18.0  # millimetres
TEXT, SMALL, TINY = 9.5, 8.0, 7.0  # points
INK, MUTED, LINE, ACCENT, SHADE = (26, 29, 33), (87, 96, 106), (226, 229, 233), (52, 81, 198), (241, 243, 245)
SERIES = {
    "positive": (23, 114, 74),
    "negative": (124, 135, 148),
    "neutral": (52, 81, 198),
    "skipped": (180, 95, 6),
    "unreviewed": (197, 203, 211),
    "ranked": (52, 81, 198),
    "random": (180, 95, 6),
    "gain": (23, 114, 74),
    "weak": (124, 135, 148),
}
CONTROL = {code: " " for code in range(32) if code not in (9, 10)}


def build(run: jobs.Run) -> None:
    """Make the project's next report: gather what it says, draw it, keep both."""
    project = run.project
    run.report("Gathering figures", 0, 2)
    record = report_sections.record(project, run.job.requested_by, str(run.job.parameters.get("address", "")))
    run.report("Drawing the PDF", 1, 2)
    reports.publish(run, project, record, drawn(record))


def drawn(record: Mapping[str, Any]) -> bytes:
    """The PDF of a record; the same record gives the same bytes."""
    paper = _Paper(record)
    paper.title_page()
    for section in record["sections"]:
        paper.section(section)
    return bytes(paper.output())


class _Paper(FPDF):
    """A4 with our fonts, a foot on every page, and how each part of a record is set."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        super().__init__(format="A4")
        self._record = record
        self._digest = reports.digest(record)
        self.add_font(FAMILY, "", FONTS / "DejaVuSans.ttf")
        self.add_font(FAMILY, "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 4)
        self.set_creation_date(self._made_at())
        self.set_title(f"Report on {record['project']}")
        self.set_lang("en")
        self.add_page()

    def footer(self) -> None:
        self.set_y(-MARGIN + 2)
        self._font(TINY, colour=MUTED)
        self.cell(0, 4, _clean(f"{self._record['project']} · record {self._digest[:32]}…"))
        self.set_y(-MARGIN + 2)
        self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")

    def title_page(self) -> None:
        record = self._record
        self._font(TINY, colour=MUTED)
        self._line(_clean(record["workspace"]), 5)
        self._font(20, bold=True)
        self.multi_cell(0, 9, _clean(record["project"]), **_BELOW)
        self._font(TEXT, colour=MUTED)
        by = f" for {record['made_by']}" if record["made_by"] else ""
        self._line(_clean(f"Report on the review, made {self._made_at():%d %B %Y, %H:%M %Z}{by}"), 7)
        self._font(TINY, colour=MUTED)
        self.multi_cell(0, 3.6, f"Digest of everything said here (BLAKE2b-256): {self._digest}", **_BELOW)
        self.multi_cell(
            0,
            3.6,
            "The audit trail holds this digest and that of this file. Figures in blue lead to where they come from.",
            **_BELOW,
        )

    def section(self, section: Mapping[str, Any]) -> None:
        self._need(30)
        self.ln(7)
        self.start_section(_clean(section["title"]))
        self._font(13, bold=True)
        self.cell(0, 7, _clean(section["title"]), link=self._address(section["source"]), **_BELOW)
        self.set_draw_color(*LINE)
        self.line(MARGIN, self.get_y(), self.w - MARGIN, self.get_y())
        self.ln(2)
        for text in section["text"]:
            self._font(SMALL, colour=MUTED)
            self.multi_cell(0, 4, _clean(text), **_BELOW)
            self.ln(1.5)
        for fact in section["facts"]:
            self._fact(fact)
        for chart in section["charts"]:
            self._chart(chart)
        for table in section["tables"]:
            self._table(table)

    def _fact(self, fact: Mapping[str, Any]) -> None:
        self._need(6)
        self._font(SMALL, colour=MUTED)
        self.cell(62, 5, _clean(fact["label"]))
        self._font(SMALL, bold=True, colour=ACCENT if fact["source"] else INK)
        value = _clean(fact["value"])
        wide = max(30.0, self.get_string_width(value) + 3)
        if wide > self.epw - 62:
            self._font(TINY, colour=ACCENT if fact["source"] else INK)
            self.multi_cell(0, 4, value, align="L", link=self._address(fact["source"]), **_BELOW)
            return
        self.cell(wide, 5, value, link=self._address(fact["source"]))
        self._font(TINY, colour=MUTED)
        fits = self.get_string_width(fact["note"]) < self.epw - 64 - wide
        self.multi_cell(0, 5 if fits else 3.4, _clean(fact["note"]) or " ", align="L", **_BELOW)

    def _table(self, table: Mapping[str, Any]) -> None:
        self._need(24)
        self.ln(3)
        self._font(SMALL, bold=True, colour=ACCENT if table["source"] else INK)
        self.cell(0, 5, _clean(table["title"]), link=self._address(table["source"]), **_BELOW)
        self._font(TINY)
        self.set_draw_color(*LINE)
        self.set_fill_color(255)  # a table fills its rows with what was last drawn with
        aligned = ["RIGHT" if place in table["numbers"] else "LEFT" for place in range(len(table["head"]))]
        with self.table(
            line_height=4.2,
            padding=(0.6, 1.2),
            text_align=aligned,
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", fill_color=SHADE, color=MUTED),
            col_widths=_widths(table),
        ) as rows:
            for row in (table["head"], *table["rows"]):
                drawn = rows.row()
                for cell in row:
                    drawn.cell(_clean(cell) or " ")
        if not table["rows"]:
            self._font(TINY, colour=MUTED)
            self._line("Nothing yet.", 5)

    def _chart(self, chart: Mapping[str, Any]) -> None:
        scale = self.epw / chart["width"] * 0.82
        self._need(chart["height"] * scale + 22)
        self.ln(3)
        self._font(SMALL, bold=True)
        self.cell(0, 5, _clean(chart["title"]), **_BELOW)
        self._legend(chart["legend"])
        left, top = MARGIN, self.get_y() + 1

        def at(x: float, y: float) -> tuple[float, float]:
            return left + x * scale, top + y * scale

        self._axes(chart, at)
        for bar in chart["bars"]:
            self.set_fill_color(*SERIES[bar["series"]])
            self.rect(*at(bar["x"], bar["y"]), bar["width"] * scale, bar["height"] * scale, style="F")
        for line in chart["lines"]:
            self._curve(line, at)
        self.set_xy(MARGIN, top + chart["height"] * scale + 1)
        self._font(TINY, colour=MUTED)
        self.multi_cell(0, 3.6, _clean(chart["description"]), **_BELOW)

    def _legend(self, legend: Sequence[Sequence[str]]) -> None:
        self._font(TINY, colour=MUTED)
        for series, label in legend:
            self.set_fill_color(*SERIES[series])
            self.rect(self.get_x() + 0.6, self.get_y() + 1.1, 2, 2, style="F")
            self.set_x(self.get_x() + 3.4)
            self.cell(self.get_string_width(label) + 5, 4, _clean(label))
        if legend:
            self.ln(4)

    def _axes(self, chart: Mapping[str, Any], at: Any) -> None:
        self.set_draw_color(*LINE)
        self.set_line_width(0.15)
        self._font(6, colour=MUTED)
        for tick in chart["y_ticks"]:
            (x, y), (right, _) = at(chart["left"], tick["at"]), at(chart["right"], tick["at"])
            self.line(x, y, right, y)
            self.text(x - 1.2 - self.get_string_width(tick["label"]), y + 0.7, _clean(tick["label"]))
        for tick in chart["x_ticks"]:
            x, y = at(tick["at"], chart["bottom"])
            self.text(x - self.get_string_width(tick["label"]) / 2, y + 3.4, _clean(tick["label"]))
        right, foot = at(chart["right"], chart["height"] - 6)
        self.text(right - self.get_string_width(chart["x_label"]), foot, _clean(chart["x_label"]))
        self.text(at(4, 0)[0], foot, _clean(chart["y_label"]))

    def _curve(self, line: Mapping[str, Any], at: Any) -> None:
        colour = SERIES[line["series"]]
        self.set_draw_color(*colour)
        self.set_fill_color(*colour)
        self.set_line_width(0.5)
        points = [at(*map(float, point.split(","))) for point in line["points"].split()]
        if line["series"] == "random":
            self.set_dash_pattern(0.6, 1.2)
        self.polyline(points)
        self.set_dash_pattern()
        x, y = at(*line["last"])
        self.circle(x, y, 0.7, style="F")
        self.set_line_width(0.2)

    def _need(self, height: float) -> None:
        """Go to the next page when so many millimetres are not left on this one."""
        if self.will_page_break(height):
            self.add_page()

    def _font(self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)

    def _line(self, text: str, height: float) -> None:
        self.cell(0, height, text, **_BELOW)

    def _address(self, source: str) -> str:
        """The page's whole address; none where the product's own is not known."""
        base = str(self._record["address"]).rstrip("/")
        return f"{base}{source}" if base and source else ""

    def _made_at(self) -> datetime:
        made_at = parse_datetime(self._record["made_at"])
        assert made_at is not None
        return made_at


_BELOW: dict[str, Any] = {"new_x": XPos.LMARGIN, "new_y": YPos.NEXT}


def _clean(text: object) -> str:
    """Text that a font can set: no control characters, nothing that UTF-8 cannot say."""
    return str(text).translate(CONTROL).encode("utf-8", "replace").decode()


def _widths(table: Mapping[str, Any]) -> tuple[int, ...]:
    """Widths in proportion to the longest text of each column, within reason."""
    longest = [
        max(len(str(row[place])) for row in (table["head"], *table["rows"])) for place in range(len(table["head"]))
    ]
    return tuple(min(max(length, 9), 40) for length in longest)
