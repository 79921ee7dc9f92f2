"""Size, colors and file format of the figures in the reports."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.utils.atomic_write import write_whole

# Colors of Okabe & Ito, which are distinguishable with every kind of color vision.
BLUE, ORANGE, GREEN, GRAY = '#0072b2', '#d55e00', '#009e73', '#8c8c8c'
_DPI = 120


def new_figure(columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure with square axes side by side. It opens no window and sets no matplotlib state."""
    figure = Figure(figsize=(5.2 * columns, 4.8), layout='constrained')
    axes = [figure.add_subplot(1, columns, i + 1) for i in range(columns)]
    for axis in axes:
        axis.set(xlim=(0, 1.01), ylim=(0, 1.01), aspect='equal')
        axis.grid(alpha=0.25)
        axis.set_axisbelow(True)
    return figure, axes


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG."""
    buffer = io.BytesIO()
    # Without the version of matplotlib in the metadata, equal numbers give equal files.
    figure.savefig(buffer, format='png', dpi=_DPI, metadata={'Software': None})
    write_whole(path, buffer.getvalue())
