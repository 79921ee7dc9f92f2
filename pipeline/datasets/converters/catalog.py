"""All data sets that can be prepared, by their names on the command line."""

from __future__ import annotations

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.icdar2015 import ICDAR2015
from pipeline.datasets.converters.word_crops import WORD_CROPS

ENTRIES: tuple[DatasetEntry, ...] = (
    ICDAR2015,
    WORD_CROPS,
)
DATASETS: dict[str, DatasetEntry] = {entry.name: entry for entry in ENTRIES}
