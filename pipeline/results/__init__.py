"""What was read in a photo, as files: JSON, JSON lines, ICDAR submissions, CSV, pictures."""

from pipeline.results.record import PhotoResult, photo_record
from pipeline.results.writers import FORMATS, ResultWriter, make_writer

__all__ = ['FORMATS', 'PhotoResult', 'ResultWriter', 'make_writer', 'photo_record']
