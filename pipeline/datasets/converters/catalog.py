"""All data sets that can be prepared, by their command line names."""

from __future__ import annotations

from pipeline.datasets.converters.art import ART
from pipeline.datasets.converters.coco_text import COCO_TEXT
from pipeline.datasets.converters.ctw1500 import CTW1500
from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.icdar2013 import ICDAR2013
from pipeline.datasets.converters.icdar2015 import ICDAR2015
from pipeline.datasets.converters.lsvt import LSVT
from pipeline.datasets.converters.mlt import MLT2017, MLT2019
from pipeline.datasets.converters.own_photos import OWN_PHOTOS
from pipeline.datasets.converters.svt import SVT
from pipeline.datasets.converters.textless import TEXTLESS
from pipeline.datasets.converters.textocr import TEXTOCR
from pipeline.datasets.converters.totaltext import TOTALTEXT
from pipeline.datasets.converters.uber_text import UBER_TEXT
from pipeline.datasets.converters.word_crops import WORD_CROPS
from pipeline.datasets.converters.word_lmdb import WORD_LMDB

ENTRIES: tuple[DatasetEntry, ...] = (
    ICDAR2013,
    ICDAR2015,
    TOTALTEXT,
    CTW1500,
    SVT,
    COCO_TEXT,
    TEXTOCR,
    MLT2017,
    MLT2019,
    ART,
    LSVT,
    UBER_TEXT,
    WORD_LMDB,
    WORD_CROPS,
    TEXTLESS,
    OWN_PHOTOS,
)
DATASETS: dict[str, DatasetEntry] = {entry.name: entry for entry in ENTRIES}
