import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from pipeline.recognition.layers.attention import MultiHeadAttention
from pipeline.recognition.layers.drop_path import DropPath
from pipeline.recognition.layers.mlp import Mlp
from pipeline.recognition.layers.transformer_block import TransformerBlock

__all__ = ['DropPath', 'Mlp', 'MultiHeadAttention', 'TransformerBlock']
