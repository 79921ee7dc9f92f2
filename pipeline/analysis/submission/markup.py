"""HTML of texts, numbers and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

# HTML cannot represent these characters. A browser would drop or replace them.
_NOT_IN_HTML = re.compile(r'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')


def text(value: object) -> str:
    """Escape for element content and for quoted attributes alike."""
    return escape(_NOT_IN_HTML.sub('\ufffd', str(value)), quote=True)


def transcript(value: str | None, absent: str = '') -> str:
    """A text in its own writing direction, or a note if it is empty or absent."""
    if value is None:
        return f'<span class="absent">{text(absent)}</span>'
    if not value:
        return '<span class="absent">(empty)</span>'
    return f'<bdi class="word-text">{text(value)}</bdi>'


def number(value: float) -> str:
    """A number with four decimals, which shows all digits on hover."""
    return f'<span title="{value!r}">{value:.4f}</span>'


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str = '') -> str:
    """A table whose first column contains row headers. Cells are HTML."""
    head = ''.join(f'<th scope="col">{cell}</th>' for cell in header)
    body = ''.join(
        f'<tr><th scope="row">{row[0]}</th>'
        + ''.join(f'<td>{cell}</td>' for cell in row[1:])
        + '</tr>\n'
        for row in rows
    )
    title = f'<caption>{caption}</caption>' if caption else ''
    return (
        f'<div class="scroll"><table class="numbers">{title}<thead><tr>{head}</tr></thead>\n'
        f'<tbody>{body}</tbody></table></div>'
    )


def plural(count: int, noun: str) -> str:
    """``1 image``, ``2 images``."""
    return f'{count} {noun}' + ('' if count == 1 else 's')
