"""What was read in photos and word crops, as files: JSON, JSON lines, ICDAR submissions, CSV."""

from pipeline.results.record import CropResult, PhotoResult, ReadingResult, photo_record
from pipeline.results.writers import FORMATS, ResultWriter, make_writer

__all__ = [
    'FORMATS', 'CropResult', 'PhotoResult', 'ReadingResult', 'ResultWriter', 'make_writer',
    'photo_record',
]  # fmt: skip
