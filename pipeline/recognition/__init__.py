from .context_recognizer import ContextRecognizer
from .data_preprocessor import CropDataPreprocessor
from .decoders import PARSeqDecoder
from .encoders import ViTEncoder
from .module_losses import PermutationLanguageModelLoss
from .parseq import PARSeq
from .postprocessors import PARSeqPostprocessor

__all__ = [
    'ContextRecognizer',
    'CropDataPreprocessor',
    'PARSeq',
    'PARSeqDecoder',
    'PARSeqPostprocessor',
    'PermutationLanguageModelLoss',
    'ViTEncoder',
]
