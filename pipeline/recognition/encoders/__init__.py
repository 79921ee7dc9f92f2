from .conv_stem import ConvStem
from .light_svtr_encoder import LightSVTREncoder
from .patch_stem import PatchStem
from .vit_encoder import ViTEncoder

__all__ = ['ConvStem', 'LightSVTREncoder', 'PatchStem', 'ViTEncoder']
