"""The exported context encoder gives the tokens of torch."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch
from tiny_towers import make_encoder, make_photo

from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.onnx.export_scene_encoder import export_scene_encoder
from pipeline.onnx.scene_encoder import OnnxSceneEncoder

LITE0 = {
    'arch': {
        'embed_dim': 16,
        'vision_cfg': {
            'timm_model_name': 'tf_efficientnet_lite0', 'timm_pool': 'avg', 'timm_proj': 'linear',
            'image_size': 64,
        },
    },
}  # fmt: skip


@pytest.mark.parametrize('kernel', [1, 2, 'inf'])
@pytest.mark.parametrize('options', [{}, LITE0], ids=['vit', 'lite0'])
def test_exported_encoder_gives_the_tokens_of_torch(options, kernel, tmp_path):
    encoder = make_encoder(pooling={'kernel': kernel}, **options)
    settings = json.loads(json.dumps(export_scene_encoder(encoder, tmp_path)))
    exported = OnnxSceneEncoder(tmp_path, settings, threads=1)
    photos = [make_photo(150, 200), make_photo(90, 60, seed=1)]
    ours, expected = exported(photos), encoder(photos).numpy()
    assert ours.shape == expected.shape == (2, encoder.num_tokens, encoder.embed_dim)
    # Weights are stored in half precision.
    assert np.abs(ours - expected).max() < 0.02 * np.abs(expected).max()


def test_exported_encoder_resizes_as_torch():
    encoder = make_encoder()
    photo = cv2.GaussianBlur(make_photo(300, 500), (5, 5), 0)
    height, width = encoder.image_size
    exported = OnnxSceneEncoder.__new__(OnnxSceneEncoder)
    from PIL import Image

    exported.image_size, exported.interpolation = (height, width), Image.Resampling.BICUBIC
    seen = []
    exported.network = seen.append
    exported([photo])
    ours = torch.from_numpy(seen[0][0][..., ::-1].copy()).permute(2, 0, 1)
    assert (ours.int() - encoder._resize(photo).int()).abs().max() <= 2


def test_exported_embedded_tower_is_smaller_than_8_mb(tmp_path):
    encoder = ClipImageEncoder('clipter-lite0', None, allow_random=True, pooling={'kernel': 'inf'})
    export_scene_encoder(encoder, tmp_path)
    assert (tmp_path / 'scene_encoder.onnx').stat().st_size < 8e6
