from .conv_norm import ConvNorm, restore_norms
from .pp_lcnet_v4 import PPLCNetV4

__all__ = ['ConvNorm', 'PPLCNetV4', 'restore_norms']
