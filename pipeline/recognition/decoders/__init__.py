from .hybrid_decoder import HybridDecoder
from .parseq_decoder import PARSeqDecoder
from .two_stream_layer import TwoStreamLayer

__all__ = ['HybridDecoder', 'PARSeqDecoder', 'TwoStreamLayer']
