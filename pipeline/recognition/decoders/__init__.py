from .ctc_decoder import CTCDecoder
from .ctc_head import CTCHead
from .hybrid_decoder import HybridDecoder
from .parseq_decoder import PARSeqDecoder
from .two_stream_layer import TwoStreamLayer
from .vitstr_decoder import ViTSTRDecoder

__all__ = [
    'CTCDecoder',
    'CTCHead',
    'HybridDecoder',
    'PARSeqDecoder',
    'TwoStreamLayer',
    'ViTSTRDecoder',
]
