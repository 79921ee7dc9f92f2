"""Imports every module that registers classes in MMOCR's registries.

Code that builds models, data sets or hooks from configs imports this module first. MMEngine
configs do it with ``custom_imports = dict(imports=['pipeline.registration'])``.
"""

import pipeline.compat  # first: makes MMOCR importable

# isort: split
import pipeline.backbones
import pipeline.clipter
import pipeline.datasets
import pipeline.detection.db_word_postprocessor
import pipeline.detection.necks
import pipeline.detection.photo_data_preprocessor
import pipeline.detection.text_detector
import pipeline.detection.word_gap_loss
import pipeline.engine
import pipeline.evaluation
import pipeline.recognition.data_preprocessor
import pipeline.recognition.decoders
import pipeline.recognition.encoders
import pipeline.recognition.module_losses
import pipeline.recognition.parseq
import pipeline.recognition.postprocessors
import pipeline.recognition.vitstr
import pipeline.torch_spotter  # noqa: F401
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.rectification.rectifier import Rectifier
from pipeline.registry import TASK_UTILS

# These are free of MMEngine, so they do not register themselves.
TASK_UTILS.register_module(module=Rectifier)
TASK_UTILS.register_module(module=LetterNgrams)
