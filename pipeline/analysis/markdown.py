"""Tables and numbers as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose first column names the row and whose others are aligned to the right.

    Args:
        header: Its cells, Markdown.
        rows: As many cells each; what is no text is written as ``str`` writes it.

    Raises:
        ValueError: If a row has another number of cells.
    """
    lines = [_row(header), '|---|' + '---:|' * (len(header) - 1)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f'wanted {len(header)} cells a row, got {len(row)}: {list(row)}.')
        lines.append(_row(row))
    return '\n'.join(lines)


def code(text: str) -> str:
    """A text as it was written, whatever signs are in it, fit for a cell of a table."""
    # A run of backticks within needs a longer one around it; a bar would end the cell.
    longest = max((len(run) for run in _runs(text, '`')), default=0)
    fence = '`' * (longest + 1)
    room = ' ' if text.startswith('`') or text.endswith('`') else ''
    return fence + room + text.replace('|', '\\|') + room + fence


def number(value: float | None, digits: int = 3) -> str:
    """``0.812``; a dash where there is none (None or NaN)."""
    return '-' if value is None or value != value else f'{value:.{digits}f}'


def ratio(part: float, whole: float, digits: int = 3) -> str:
    """``part / whole``; a dash where there is nothing to be a part of."""
    return number(part / whole if whole else None, digits)


def percent(part: float, whole: float) -> str:
    """``12.5 %``; a dash where there is nothing to be a part of."""
    return f'{100 * part / whole:.1f} %' if whole else '-'


def _row(cells: Sequence[object]) -> str:
    return '| ' + ' | '.join(str(cell).replace('\n', ' ') for cell in cells) + ' |'


def _runs(text: str, sign: str) -> list[str]:
    return [run for run in ''.join(c if c == sign else ' ' for c in text).split(' ') if run]
