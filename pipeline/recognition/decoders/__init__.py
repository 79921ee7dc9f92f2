import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from pipeline.recognition.decoders.ctc_decoder import CTCDecoder
from pipeline.recognition.decoders.ctc_head import CTCHead
from pipeline.recognition.decoders.hybrid_decoder import HybridDecoder
from pipeline.recognition.decoders.parseq_decoder import PARSeqDecoder
from pipeline.recognition.decoders.two_stream_layer import TwoStreamLayer
from pipeline.recognition.decoders.vitstr_decoder import ViTSTRDecoder

__all__ = [
    'CTCDecoder',
    'CTCHead',
    'HybridDecoder',
    'PARSeqDecoder',
    'TwoStreamLayer',
    'ViTSTRDecoder',
]
