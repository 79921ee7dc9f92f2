from .hybrid_decoder import HybridDecoder
from .parseq_decoder import PARSeqDecoder
from .two_stream_layer import TwoStreamLayer
from .vitstr_decoder import ViTSTRDecoder

__all__ = ['HybridDecoder', 'PARSeqDecoder', 'TwoStreamLayer', 'ViTSTRDecoder']
