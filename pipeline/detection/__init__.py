"""Text detection: MMOCR's detectors behind one call."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
from pipeline.detection.db_word_postprocessor import DBWordPostprocessor
from pipeline.detection.detections import Detections
from pipeline.detection.necks import LargeKernelPAN, RepLKFPN
from pipeline.detection.photo_data_preprocessor import PhotoDataPreprocessor
from pipeline.detection.quantize.batch_norm_folding import fold_batch_norm
from pipeline.detection.quantize.int8 import measure_ranges, quantize_detector
from pipeline.detection.quantize.int8_ranges import as_metadata, load_int8_ranges
from pipeline.detection.text_detector import TextDetector
from pipeline.detection.word_gap_loss import WordGapDBModuleLoss

__all__ = [
    'DBWordPostprocessor',
    'Detections',
    'LargeKernelPAN',
    'PhotoDataPreprocessor',
    'RepLKFPN',
    'TextDetector',
    'WordGapDBModuleLoss',
    'as_metadata',
    'fold_batch_norm',
    'load_int8_ranges',
    'measure_ranges',
    'quantize_detector',
]
