"""Recognizers: crops (and their scene) in, texts out."""

from .context_recognizer import ContextRecognizer
from .crop_channels import crop_channels
from .data_preprocessor import CropDataPreprocessor
from .decoders import CTCDecoder, HybridDecoder, PARSeqDecoder, ViTSTRDecoder
from .encoders import LightSVTREncoder, ViTEncoder
from .language import LetterNgrams
from .module_losses import PermutationLanguageModelLoss
from .parseq import PARSeq
from .postprocessors import PARSeqPostprocessor
from .vitstr import ViTSTR

__all__ = [
    'CTCDecoder',
    'ContextRecognizer',
    'CropDataPreprocessor',
    'HybridDecoder',
    'LetterNgrams',
    'LightSVTREncoder',
    'PARSeq',
    'PARSeqDecoder',
    'PARSeqPostprocessor',
    'PermutationLanguageModelLoss',
    'ViTEncoder',
    'ViTSTR',
    'ViTSTRDecoder',
    'crop_channels',
]
