"""CLIPTER (Aberdam et al., ICCV 2023, arXiv 2301.07464): scene context for text recognizers."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
from pipeline.clipter.cache import CachedContextEncoder
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.encoder import ClipImageEncoder, ContextPool
from pipeline.clipter.fusion import GatedAttention, MultiHeadCrossAttention, TanhGate
from pipeline.clipter.pretraining import ClipPretrainer, NearestWords
from pipeline.clipter.scene_data_preprocessor import SceneDataPreprocessor

__all__ = [
    'CachedContextEncoder',
    'ClipImageEncoder',
    'ClipPretrainer',
    'ContextPool',
    'ContextRecognizer',
    'GatedAttention',
    'MultiHeadCrossAttention',
    'NearestWords',
    'SceneDataPreprocessor',
    'TanhGate',
]
