"""Scene-text spotting on MMOCR with a CLIPTER context-augmented recognizer."""

from pipeline import compat as _compat  # noqa: F401, I001  must come before any import of MMOCR
from pipeline import backbones as _backbones  # noqa: F401
from pipeline import clipter as _clipter  # noqa: F401
from pipeline import datasets as _datasets  # noqa: F401
from pipeline import engine as _engine  # noqa: F401
from pipeline import evaluation as _evaluation  # noqa: F401
from pipeline.detection import db_word_postprocessor, necks, photo_data_preprocessor, word_gap_loss  # noqa: F401
from pipeline.recognition import (
    data_preprocessor,
    decoders,
    encoders,
    module_losses,
    parseq,
    postprocessors,
    vitstr,
)  # noqa: F401
from pipeline import torch_spotter as _torch_spotter  # noqa: F401
from pipeline.io import ImageReadError
from pipeline.recognition.language.letter_ngrams import LetterNgrams as _LetterNgrams
from pipeline.rectification import Rectifier as _Rectifier
from pipeline.registry import TASK_UTILS as _TASK_UTILS
from pipeline.spotter import TextSpotter
from pipeline.structures import Word

# These two are used without MMEngine, so they do not register themselves.
_TASK_UTILS.register_module(module=_Rectifier)
_TASK_UTILS.register_module(module=_LetterNgrams)

__all__ = ['ImageReadError', 'TextSpotter', 'Word']
