"""Scene-text spotting on MMOCR with a CLIPTER context-augmented recognizer."""

from pipeline import compat as _compat  # noqa: F401  must come before anything of MMOCR
from pipeline import datasets as _datasets  # noqa: F401
from pipeline import engine as _engine  # noqa: F401
