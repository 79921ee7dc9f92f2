"""Decoding of image files, and writers of JSON, ICDAR and CSV results."""

from pipeline.io.decode import read_image
from pipeline.io.errors import ImageReadError, ImageReadWarning
from pipeline.io.inputs import InputItem, iter_inputs
from pipeline.io.record import CropResult, PhotoResult, ReadingResult, photo_record
from pipeline.io.writers import FORMATS, ResultWriter, make_writer

__all__ = [
    'FORMATS',
    'CropResult',
    'ImageReadError',
    'ImageReadWarning',
    'InputItem',
    'PhotoResult',
    'ReadingResult',
    'ResultWriter',
    'iter_inputs',
    'make_writer',
    'photo_record',
    'read_image',
]
