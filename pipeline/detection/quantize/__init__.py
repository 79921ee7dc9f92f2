"""Faster inference of a trained detector: folded batch norms and 8-bit integers."""

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from pipeline.detection.quantize.batch_norm_folding import fold_batch_norm
from pipeline.detection.quantize.int8 import can_quantize, measure_ranges, quantize_detector
from pipeline.detection.quantize.int8_ranges import as_metadata, load_int8_ranges

__all__ = [
    'as_metadata',
    'can_quantize',
    'fold_batch_norm',
    'load_int8_ranges',
    'measure_ranges',
    'quantize_detector',
]
