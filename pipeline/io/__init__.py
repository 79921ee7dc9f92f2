"""Decoding of image files, and writers of results."""

from pipeline.io.decode import read_image
from pipeline.io.documents import DOCUMENT_FORMATS, DocumentPage, render, render_pages
from pipeline.io.errors import ImageReadError, ImageReadWarning, ImageTooLargeError
from pipeline.io.inputs import InputItem, iter_inputs
from pipeline.io.record import CropResult, PhotoResult, ReadingResult
from pipeline.io.writers import FORMATS, ResultWriter, make_writer

__all__ = [
    'DOCUMENT_FORMATS',
    'FORMATS',
    'CropResult',
    'DocumentPage',
    'ImageReadError',
    'ImageReadWarning',
    'ImageTooLargeError',
    'InputItem',
    'PhotoResult',
    'ReadingResult',
    'ResultWriter',
    'iter_inputs',
    'make_writer',
    'read_image',
    'render',
    'render_pages',
]
