"""Scene-text spotting on MMOCR with a CLIPTER context-augmented recognizer."""

from pipeline import compat as _compat
