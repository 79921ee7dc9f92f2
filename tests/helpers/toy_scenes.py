"""Drawn scenes with their words, and a CLIPTER that is small enough to train in a test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from toy_spotter import draw_photo

CHARSET = 'abcdefghijklmnopqrstuvwxyz'
BOXES = {'a': (10, 10, 90, 34), 'b': (100, 10, 180, 34), 'c': (10, 50, 90, 80)}
RUNTIME = Path(__file__).parents[2] / 'configs' / '_base_' / 'default_runtime.py'
SCHEDULE = RUNTIME.with_name('recognition_schedule.py')
TOWER = {
    'embed_dim': 16,
    'vision_cfg': {'image_size': 32, 'layers': 1, 'width': 24, 'patch_size': 8, 'head_width': 12},
}
RECOGNIZER = f"""
dictionary = dict(
    type='Dictionary', dict_file={str(RUNTIME.parents[2] / 'data/dicts/ascii94.txt')!r},
    with_start=True, with_end=True, with_padding=True,
)
recognizer = dict(
    type='PARSeq',
    data_preprocessor=dict(type='CropDataPreprocessor', bgr_to_rgb=True),
    encoder=dict(
        type='ViTEncoder', img_size=(32, 128), stem='patch', patch_size=(16, 32),
        embed_dim=24, depth=1, num_heads=2,
    ),
    decoder=dict(
        type='PARSeqDecoder', dictionary=dictionary, embed_dim=24, num_heads=2, dropout=0.0,
        max_label_length=8, decode_ar=True, refine_iters=0,
        module_loss=dict(type='PermutationLanguageModelLoss', perm_num=2),
        postprocessor=dict(type='PARSeqPostprocessor'),
    ),
)
"""
CLIPTER = """
_base_ = [{runtime!r}, {schedule!r}]
{recognizer}
model = dict(
    type='ContextRecognizer',
    recognizer=recognizer,
    context_encoder=dict(
        type='ClipImageEncoder', arch={tower!r}, pretrained=None, allow_random=True,
        pooling=dict(kernel=2),
    ),
    fusion=dict(type='MultiHeadCrossAttention', embed_dim=24, num_heads=2, size='mini'),
    stage='early',
)
scenes = dict(
    type='SceneWordsDataset', ann_file='annotation.json', data_root={root!r}, charset={charset!r},
    pipeline={pipeline!r}, serialize_data=False,
)
train_dataloader = dict(
    batch_size=2, num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='WordBatchSampler', max_words=4),
    collate_fn=dict(type='collate_scene_words'),
    dataset=scenes,
)
find_unused_parameters = True
optim_wrapper = dict(
    _delete_=True, type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01),
    paramwise_cfg=dict(custom_keys={{'fusion.gate.alpha': dict(lr_mult=10.0, decay_mult=0.0)}}),
)
param_scheduler = []
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=3)
val_cfg = None
test_cfg = None
default_hooks = dict(
    logger=dict(interval=1), gate=dict(interval=1), pictures=dict(interval=2),
    checkpoint=dict(interval=3),
)
"""


def scene_pipeline(
    *transforms: dict[str, Any],
    with_image: bool = False,
    load: dict[str, Any] | None = None,
    crops: Sequence[dict[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Pipeline of ``SceneWordsDataset``, with transforms of the scene and of the crops."""
    return [
        {'type': 'LoadSceneImage', **(load or {})},
        *transforms,
        {'type': 'CutWords', 'rectifier': {'type': 'Rectifier', 'size': (32, 128)}},
        {'type': 'TransformCrops', 'transforms': list(crops)},
        {'type': 'PackSceneWords', 'with_image': with_image},
    ]


def instance(text: str, box: tuple[int, int, int, int], **more: Any) -> dict[str, Any]:
    """A word of an annotation."""
    x1, y1, x2, y2 = box
    return {
        'polygon': [x1, y1, x2, y1, x2, y2, x1, y2], 'text': text, 'ignore': False, **more
    }  # fmt: skip


def write_set(folder: Path, samples: list[dict], photos: dict[str, np.ndarray]) -> Path:
    """Images and ``annotation.json`` in ``folder``, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in photos.items():
        cv2.imwrite(str(folder / name), image)
    annotation = {'metainfo': {'task_name': 'textspotting'}, 'data_list': samples}
    (folder / 'annotation.json').write_text(json.dumps(annotation))
    return folder


def draw_scenes(folder: Path, count: int = 4) -> Path:
    """A set of images with one, two or three words each, no two alike."""
    samples, photos = [], {}
    for number in range(count):
        words = list(BOXES.items())[: 1 + number % 3]
        name = f'scene{number}.png'
        photos[name] = draw_photo(*words)
        photos[name][-10:] = 20 * (number + 1) % 256
        samples.append({'img_path': name, 'instances': [instance(*word) for word in words]})
    return write_set(folder, samples, photos)


def write_clipter_config(folder: Path, more: str = '', count: int = 4) -> Path:
    """A config that trains on drawn scenes for three iterations; ``more`` is put at its end."""
    path = folder / 'toy_clipter.py'
    text = CLIPTER.format(
        runtime=str(RUNTIME),
        schedule=str(SCHEDULE),
        recognizer=RECOGNIZER,
        tower=TOWER,
        root=str(draw_scenes(folder / 'scenes', count)),
        pipeline=scene_pipeline(with_image=True),
        charset=CHARSET,
    )
    path.write_text(text + more)
    return path
