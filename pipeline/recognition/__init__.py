"""Recognizers: word crops in, texts out."""

from pipeline.recognition.crop_channels import crop_channels
from pipeline.recognition.data_preprocessor import CropDataPreprocessor
from pipeline.recognition.decoders import CTCDecoder, HybridDecoder, PARSeqDecoder, ViTSTRDecoder
from pipeline.recognition.encoders import LightSVTREncoder, ViTEncoder
from pipeline.recognition.language import LetterNgrams
from pipeline.recognition.module_losses import PermutationLanguageModelLoss
from pipeline.recognition.parseq import PARSeq
from pipeline.recognition.postprocessors import PARSeqPostprocessor
from pipeline.recognition.vitstr import ViTSTR

__all__ = [
    'CTCDecoder',
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
