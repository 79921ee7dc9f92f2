"""Packing of the crops of one image into a sample."""

from __future__ import annotations

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.clipter.cache.context_cache import ContextCache
from pipeline.datasets.native_size import NativeSize
from pipeline.datasets.scene_photo import Scene, read_photo
from pipeline.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackSceneWords(BaseTransform):
    """Pack the crops of an image as inputs of ``collate_scene_words``.

    Required Keys:
        - crops
        - gt_texts
        - img_path
        - img
        - photo

    Returned Keys:
        - inputs: N crops, (3, height, width) uint8 BGR tensors.
        - data_samples: N ``TextRecogDataSample`` with ``gt_text``.
        - image: (H, W, 3) uint8 BGR, or None.
        - context_tokens: (S, C) float16 scene tokens, or None.
        - photo: key that all samples of one image share; None for words without an image.

    A word crop has the image, or the tokens, of the ``scene`` that it was cut from, if it has one.

    Samples with the same ``photo`` in one batch share the image of the first one. A transform that
    changes ``img`` at random is therefore also seen by the other samples of the same image.

    Args:
        with_image: Whether samples contain the image; needed for recognizers with context.
        context_cache: Folder written by ``clipter extract-context``. Samples contain scene tokens
            from it instead of the image. The tokens are those of the image as it is loaded.

    Raises:
        ValueError: If the cache cannot be used.
    """

    def __init__(self, with_image: bool = False, context_cache: str | None = None) -> None:
        self.with_image = with_image
        self.context_cache = None if context_cache is None else ContextCache(context_cache)

    def transform(self, results: dict) -> dict:
        """Pack ``results``."""
        key, path, scene = results['photo'], results['img_path'], results.get('scene')
        cache = None if key is None else self.context_cache
        image = None
        if self.with_image and key is not None and cache is None:
            image = results['img'] if scene is None else _read_scene(scene)
        return {
            'inputs': [
                torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1)))
                for crop in results['crops']
            ],
            'data_samples': [
                _text_sample(text, path, crop)
                for text, crop in zip(results['gt_texts'], results['crops'])
            ],
            'image': image,
            'context_tokens': (
                None if cache is None else cache.read(key, path if scene is None else scene.path)
            ),
            'photo': key,
        }

    def __repr__(self) -> str:
        return f'{type(self).__name__}(with_image={self.with_image})'


def _read_scene(scene: Scene) -> np.ndarray:
    return read_photo(scene.path, NativeSize(scene.native_size)).image


def _text_sample(text: str, path: str, crop: np.ndarray) -> TextRecogDataSample:
    sample = TextRecogDataSample(gt_text=LabelData(item=text))
    sample.set_metainfo({'valid_ratio': 1.0, 'img_path': path, 'img_shape': crop.shape[:2]})
    return sample
