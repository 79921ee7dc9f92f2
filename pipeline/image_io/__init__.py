"""Photos in: decoding of files, bytes and arrays, and the inputs of a command line."""

from pipeline.image_io.decode import read_image
from pipeline.image_io.errors import ImageReadError
from pipeline.image_io.inputs import InputItem, iter_inputs

__all__ = ['ImageReadError', 'InputItem', 'iter_inputs', 'read_image']
