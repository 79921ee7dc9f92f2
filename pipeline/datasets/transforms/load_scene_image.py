"""Loading of an image with its words."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform

from pipeline.datasets.native_size import NativeSize
from pipeline.datasets.scene_photo import read_photo
from pipeline.geometry import image_ring
from pipeline.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadSceneImage(BaseTransform):
    """Read the image of a sample. EXIF orientations are ignored, as in the annotations.

    A word without a polygon gets the outline of the whole image.

    Required Keys:
        - img_path
        - has_scene
        - gt_polygons

    Modified Keys:
        - gt_polygons

    Added Keys:
        - img
        - img_shape
        - ori_shape
        - photo

    ``photo`` is a key that all samples of one image share. For a word crop it is that of ``scene``,
    the image that the crop was cut from, or None.

    Args:
        native_size: (height, width) that the images had before they were stored stretched. Images
            and polygons are scaled to it. Images of another aspect keep their stored size, with a
            warning (:class:`NativeSize`); word crops always do. None keeps all stored sizes.
    """

    def __init__(self, native_size: tuple[int, int] | None = None) -> None:
        self.native_size = NativeSize(native_size)

    def transform(self, results: dict) -> dict:
        """Read ``results['img_path']``.

        Raises:
            ValueError: If the image cannot be read. The message contains the path.
        """
        photo = read_photo(results['img_path'], self.native_size if results['has_scene'] else None)
        shape = photo.image.shape[:2]
        whole = image_ring(*shape).astype(np.float32)
        results['img'] = photo.image
        results['img_shape'] = results['ori_shape'] = shape
        scene = results.get('scene')
        cut_from = None if scene is None else scene.key
        results['photo'] = photo.key if results['has_scene'] else cut_from
        results['gt_polygons'] = [
            (whole if polygon is None else polygon.reshape(-1, 2) * photo.scale).flatten()
            for polygon in results['gt_polygons']
        ]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(native_size={self.native_size.size})'
