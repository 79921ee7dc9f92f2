"""Markdown tables, and numbers in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Format a table. The first column is left-aligned, the others are right-aligned.

    Args:
        header: Cells of the header, in Markdown.
        rows: Rows with as many cells as the header. Cells are converted by ``str``.

    Raises:
        ValueError: If a row has another number of cells.
    """
    lines = [_row(header), '|---|' + '---:|' * (len(header) - 1)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f'wanted {len(header)} cells per row, got {len(row)}: {list(row)}.')
        lines.append(_row(row))
    return '\n'.join(lines)


def code(text: str) -> str:
    """Format any text as inline code that is valid in a table cell."""
    # The fence must be longer than any run of backticks in the text. A bar would end the cell.
    longest = max((len(run) for run in _runs(text, '`')), default=0)
    fence = '`' * (longest + 1)
    room = ' ' if text.startswith('`') or text.endswith('`') else ''
    return fence + room + text.replace('|', '\\|') + room + fence


def number(value: float | None, digits: int = 3) -> str:
    """``0.812``, or a dash for None and NaN."""
    return '-' if value is None or value != value else f'{value:.{digits}f}'


def ratio(part: float, whole: float, digits: int = 3) -> str:
    """``part / whole`` as a decimal number, or a dash if ``whole`` is 0."""
    return number(part / whole if whole else None, digits)


def percent(part: float, whole: float) -> str:
    """``12.5 %``, or a dash if ``whole`` is 0."""
    return f'{100 * part / whole:.1f} %' if whole else '-'


def _row(cells: Sequence[object]) -> str:
    return '| ' + ' | '.join(str(cell).replace('\n', ' ') for cell in cells) + ' |'


def _runs(text: str, sign: str) -> list[str]:
    return [run for run in ''.join(c if c == sign else ' ' for c in text).split(' ') if run]
