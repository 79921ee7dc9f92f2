"""Imports every module that registers classes in MMOCR's registries.

Code that builds models, data sets or hooks from configs imports this module first. MMEngine
configs do it with ``custom_imports = dict(imports=['pipeline.registration'])``.
"""

import pipeline.compat  # first: makes MMOCR importable

# isort: split
import pipeline.backbones
import pipeline.clipter
import pipeline.datasets
import pipeline.detection
import pipeline.engine
import pipeline.evaluation
import pipeline.recognition
import pipeline.rectification
import pipeline.spotter  # noqa: F401
