"""Recognizers: crops (and their scene) in, texts out."""

from .context_recognizer import ContextRecognizer
from .data_preprocessor import CropDataPreprocessor
from .decoders import HybridDecoder, PARSeqDecoder
from .encoders import ViTEncoder
from .module_losses import PermutationLanguageModelLoss
from .parseq import PARSeq
from .postprocessors import PARSeqPostprocessor

__all__ = [
    'ContextRecognizer',
    'CropDataPreprocessor',
    'HybridDecoder',
    'PARSeq',
    'PARSeqDecoder',
    'PARSeqPostprocessor',
    'PermutationLanguageModelLoss',
    'ViTEncoder',
]
