"""Scene-text spotting on MMOCR with a CLIPTER context-augmented recognizer."""

from pipeline import compat as _compat  # noqa: F401, I001  must come before any import of MMOCR
from pipeline import backbones as _backbones  # noqa: F401
from pipeline import clipter as _clipter  # noqa: F401
from pipeline import datasets as _datasets  # noqa: F401
from pipeline import engine as _engine  # noqa: F401
from pipeline import evaluation as _evaluation  # noqa: F401
from pipeline.io import ImageReadError
from pipeline.spotter import TextSpotter
from pipeline.structures import Word

__all__ = ['ImageReadError', 'TextSpotter', 'Word']
