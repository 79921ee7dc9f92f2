from .conv_stem import ConvStem
from .patch_stem import PatchStem
from .vit_encoder import ViTEncoder

__all__ = ['ConvStem', 'PatchStem', 'ViTEncoder']
