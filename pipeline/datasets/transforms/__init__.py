"""MMCV transforms: they take and return the dict of one sample."""

from pipeline.datasets.transforms.photometric import RandomPhotometric
from pipeline.datasets.transforms.rand_augment import RandAugment
from pipeline.datasets.transforms.random_affine_crop import RandomAffineCrop
from pipeline.datasets.transforms.random_downscale import RandomDownscale

__all__ = ['RandAugment', 'RandomAffineCrop', 'RandomDownscale', 'RandomPhotometric']
