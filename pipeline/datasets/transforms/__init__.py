"""MMCV transforms: they take and return the dict of one sample."""

from pipeline.datasets.transforms.cut_words import CutWords, TransformCrops
from pipeline.datasets.transforms.jitter_polygons import JitterPolygons
from pipeline.datasets.transforms.load_scene_image import LoadSceneImage
from pipeline.datasets.transforms.merge_words import MergeWords, SampleWords
from pipeline.datasets.transforms.pack_scene_words import PackSceneWords
from pipeline.datasets.transforms.photometric import RandomPhotometric
from pipeline.datasets.transforms.rand_augment import RandAugment
from pipeline.datasets.transforms.random_affine_crop import RandomAffineCrop
from pipeline.datasets.transforms.random_downscale import RandomDownscale

__all__ = [
    'CutWords',
    'JitterPolygons',
    'LoadSceneImage',
    'MergeWords',
    'PackSceneWords',
    'RandAugment',
    'RandomAffineCrop',
    'RandomDownscale',
    'RandomPhotometric',
    'SampleWords',
    'TransformCrops',
]
