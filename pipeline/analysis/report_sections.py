"""Sections of a report: the same tables as Markdown and as an HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from pipeline.analysis import markdown

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 78em; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .35em .7em;
border-bottom: 1px solid #ddd; vertical-align: top; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left } .lead { font-size: 1.15em; font-weight: 600 }
td.text, th.text { font: 16px monospace; text-align: left; white-space: normal }
.right { color: #066b2e } .wrong { color: #a4161a } div.wide { overflow-x: auto }
img.crop { width: 256px; image-rendering: pixelated }
"""


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes:
        title: Heading; empty for none.
        text: Paragraph under the heading, plain text.
        header: Cells of the table's header, plain text; empty for no table.
        rows: Rows of the table, plain text.
        notes: Paragraphs after the table, plain text.
    """

    title: str = ''
    text: str = ''
    header: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    notes: Sequence[str] = field(default=())


def as_markdown(sections: Sequence[Section]) -> str:
    """Format sections as Markdown."""
    parts: list[str] = []
    for section in sections:
        parts += [f'## {section.title}'] if section.title else []
        parts += [section.text] if section.text else []
        if section.header:
            parts.append(markdown.table(section.header, section.rows))
        parts += section.notes
    return '\n\n'.join(parts) + '\n'


def as_html(sections: Sequence[Section]) -> str:
    """Format sections as the body of an HTML page. All texts are escaped."""
    return '\n'.join(_section(section) for section in sections)


def html_page(title: str, lead: str, body: str) -> str:
    """An HTML page that needs no other file.

    Args:
        title: Title, plain text.
        lead: First sentence: the conclusion from the numbers, plain text.
        body: HTML.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n'
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n{body}\n</body></html>\n'
    )


def _section(section: Section) -> str:
    lines = [f'<h2>{escape(section.title)}</h2>'] if section.title else []
    lines += [f'<p>{escape(section.text)}</p>'] if section.text else []
    if section.header:
        lines.append('<div class="wide"><table>' + _row(section.header, 'th'))
        lines += [_row(row, 'td') for row in section.rows]
        lines.append('</table></div>')
    lines += [f'<p>{escape(note)}</p>' for note in section.notes]
    return '\n'.join(lines)


def _row(cells: Sequence[object], tag: str) -> str:
    return '<tr>' + ''.join(f'<{tag}>{escape(str(cell))}</{tag}>' for cell in cells) + '</tr>'
