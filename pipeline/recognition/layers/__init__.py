from .attention import MultiHeadAttention
from .drop_path import DropPath
from .mlp import Mlp
from .transformer_block import TransformerBlock

__all__ = ['DropPath', 'Mlp', 'MultiHeadAttention', 'TransformerBlock']
