"""Recognizers: crops (and their scene) in, texts out."""

from .context_recognizer import ContextRecognizer
from .crop_channels import crop_channels
from .data_preprocessor import CropDataPreprocessor
from .decoders import HybridDecoder, PARSeqDecoder, ViTSTRDecoder
from .encoders import ViTEncoder
from .language import LetterNgrams
from .module_losses import PermutationLanguageModelLoss
from .parseq import PARSeq
from .postprocessors import PARSeqPostprocessor
from .vitstr import ViTSTR

__all__ = [
    'ContextRecognizer',
    'CropDataPreprocessor',
    'HybridDecoder',
    'LetterNgrams',
    'PARSeq',
    'PARSeqDecoder',
    'PARSeqPostprocessor',
    'PermutationLanguageModelLoss',
    'ViTEncoder',
    'ViTSTR',
    'ViTSTRDecoder',
    'crop_channels',
]
