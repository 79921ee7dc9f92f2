"""Values as HTML: escaped, and numbers with all their digits at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

# HTML has no way to write these; a browser would drop or replace them silently.
_NOT_IN_HTML = re.compile(r'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')


def text(value: object) -> str:
    """Escape for element content and for quoted attributes alike."""
    return escape(_NOT_IN_HTML.sub('\ufffd', str(value)), quote=True)


def transcript(value: str | None, absent: str = '') -> str:
    """A word as it was written or read, in its own direction; empty ones say so."""
    if value is None:
        return f'<span class="absent">{text(absent)}</span>'
    if not value:
        return '<span class="absent">(empty)</span>'
    return f'<bdi class="word-text">{text(value)}</bdi>'


def number(value: float) -> str:
    """Four decimals to read; all digits, as in the JSON, on hover."""
    return f'<span title="{value!r}">{value:.4f}</span>'


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str = '') -> str:
    """A table of numbers whose first column names the row; cells are HTML already."""
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
    """``1 photo``, ``2 photos``."""
    return f'{count} {noun}' + ('' if count == 1 else 's')
