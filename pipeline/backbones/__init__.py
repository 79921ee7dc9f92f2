import pipeline.compat  # noqa: F401  makes MMOCR importable
from pipeline.backbones.conv_norm import ConvNorm, restore_norms
from pipeline.backbones.pp_lcnet_v4 import PPLCNetV4

__all__ = ['ConvNorm', 'PPLCNetV4', 'restore_norms']
