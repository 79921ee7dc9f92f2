"""Scenes drawn on the fly, as an MMOCR dataset."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from mmengine.dataset import BaseDataset

from pipeline.datasets.synthetic.annotation import make_instances
from pipeline.datasets.synthetic.backgrounds import find_backgrounds
from pipeline.datasets.synthetic.fonts import find_fonts
from pipeline.datasets.synthetic.generator import SceneGenerator
from pipeline.datasets.synthetic.words import WordSource
from pipeline.registry import DATASETS


@DATASETS.register_module()
class SyntheticSceneDataset(BaseDataset):
    """Endlessly varied scenes without a file: sample i is the scene of seed ``[seed, i]``.

    Each sample enters ``pipeline`` as detection and spotting data do after loading: 'img'
    (H, W, 3) uint8 BGR, 'img_shape', 'ori_shape', 'height', 'width', 'instances', and 'img_path',
    a name that holds seed and index. No loading transform is needed, except
    ``LoadOCRAnnotations`` where the pipeline wants gt_* keys.

    Args:
        length: Number of scenes an epoch.
        pipeline: Transforms.
        seed: First half of every scene's seed.
        size: (height, width) of the scenes.
        fonts: Folders of fonts; None for the system's and matplotlib's. Name folders where the
            same scenes are wanted on another machine.
        backgrounds: A folder of photos without text; None for drawn grounds.
        generator: Further arguments of ``SceneGenerator``, such as ``word_count``.
        lazy_init: Find fonts and backgrounds at first use, as MMEngine's wrappers ask.
        max_refetch: Scenes tried again when a transform drops one.

    Raises:
        ValueError: If ``length`` is not positive, or fonts or backgrounds are missing.
    """

    METAINFO: ClassVar[dict] = {
        'dataset_type': 'SyntheticSceneDataset',
        'task_name': 'textspotting',
        'category': [{'id': 0, 'name': 'text'}],
    }

    def __init__(
        self,
        length: int,
        pipeline: Sequence[dict | Callable] = (),
        seed: int = 0,
        size: tuple[int, int] = (640, 640),
        fonts: Sequence[str | os.PathLike[str]] | None = None,
        backgrounds: str | os.PathLike[str] | None = None,
        generator: dict[str, Any] | None = None,
        lazy_init: bool = False,
        max_refetch: int = 100,
    ) -> None:
        if length < 1:
            raise ValueError(f'wanted length of at least 1, got {length}.')
        self.length = length
        self.seed = seed
        self.size = (int(size[0]), int(size[1]))
        self.fonts = fonts
        self.backgrounds = backgrounds
        self.generator_args = dict(generator or {})
        self._generator: SceneGenerator | None = None
        super().__init__(
            ann_file='',
            pipeline=list(pipeline),
            lazy_init=lazy_init,
            max_refetch=max_refetch,
            serialize_data=False,
        )

    def load_data_list(self) -> list[dict]:
        """Prepare the generator; the samples themselves are drawn when asked for."""
        paths = None if self.backgrounds is None else find_backgrounds(self.backgrounds)
        self._generator = SceneGenerator(
            find_fonts(self.fonts), WordSource(), paths, self.size, **self.generator_args
        )
        return [{'scene_index': index} for index in range(self.length)]

    def get_data_info(self, idx: int) -> dict:
        """Draw scene ``idx`` as a sample, before transforms."""
        info = super().get_data_info(idx)
        if self._generator is None:
            raise RuntimeError('the dataset is not initialised; call full_init() first.')
        index = info['scene_index']
        scene = self._generator.draw(np.random.default_rng([self.seed, index]))
        height, width = self.size
        info.update(
            img=scene.image,
            img_path=f'synthetic/{self.seed}/{index}.jpg',
            img_shape=(height, width),
            ori_shape=(height, width),
            height=height,
            width=width,
            scale_factor=(1.0, 1.0),
            instances=make_instances(scene.words),
        )
        return info
