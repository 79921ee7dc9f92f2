import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from pipeline.recognition.encoders.conv_stem import ConvStem
from pipeline.recognition.encoders.light_svtr_encoder import LightSVTREncoder
from pipeline.recognition.encoders.patch_stem import PatchStem
from pipeline.recognition.encoders.vit_encoder import ViTEncoder

__all__ = ['ConvStem', 'LightSVTREncoder', 'PatchStem', 'ViTEncoder']
