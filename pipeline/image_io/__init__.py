"""Photos in: decoding of files, bytes and arrays, and the inputs of a command line."""

from .decode import read_image
from .errors import ImageReadError
from .inputs import InputItem, iter_inputs

__all__ = ['ImageReadError', 'InputItem', 'iter_inputs', 'read_image']
