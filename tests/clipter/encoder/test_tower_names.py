"""The architecture that this package adds to open_clip."""

from __future__ import annotations

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import save_file
from tiny_towers import make_photo

from pipeline.clipter.encoder import ClipImageEncoder, tower_names


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """A file of the embedded architecture with random weights, as ``pack-tower`` writes one."""
    config = tower_names.get_model_config(tower_names.EMBEDDED_ARCH)
    torch.manual_seed(0)
    clip = open_clip.CLIP(**config)
    path = tmp_path_factory.mktemp('tower') / 'clipter-lite0.safetensors'
    save_file({name: value.half() for name, value in clip.state_dict().items()}, path)
    return path


def test_get_model_config_adds_the_embedded_tower_to_open_clip():
    config = tower_names.get_model_config('clipter-lite0')
    assert config['vision_cfg']['timm_model_name'] == 'tf_efficientnet_lite0'
    assert 'clipter-lite0' in open_clip.list_models()
    assert tower_names.get_model_config('no-such-tower') is None


def test_embedded_tower_from_a_file_has_its_own_statistics(weights):
    encoder = ClipImageEncoder('clipter-lite0', str(weights), pooling={'kernel': 2})
    assert encoder.mean.flatten().tolist() == encoder.std.flatten().tolist() == [0.5] * 3
    assert (encoder.embed_dim, encoder.grid_size, encoder.num_tokens) == (1280, (7, 7), 17)
    tokens = encoder([make_photo(), np.zeros((40, 60, 3), np.uint8)])
    assert tokens.shape == (2, 17, 1280) and torch.isfinite(tokens).all()


def test_prepare_to_read_folds_the_norms_and_keeps_the_tokens(weights):
    encoder = ClipImageEncoder('clipter-lite0', str(weights))
    norms = [m for m in encoder.tower.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:  # as after training
        norm.running_mean.uniform_(-0.2, 0.2)
        norm.running_var.uniform_(0.5, 1.5)
        norm.weight.data.uniform_(0.8, 1.2)
        norm.bias.data.uniform_(-0.2, 0.2)
    photos = [make_photo(), make_photo(seed=1)]
    expected, identity = encoder(photos), encoder.identity
    encoder.prepare_to_read()
    assert len(norms) == 49
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in encoder.tower.modules())
    tokens = encoder(photos)
    assert expected.std() > 0.01
    assert torch.allclose(tokens, expected, atol=1e-4 * float(expected.abs().max()))
    assert encoder.identity == identity


def test_missing_embedded_weights_name_the_options(monkeypatch, tmp_path):
    monkeypatch.setattr(tower_names, '_FOLDER', tmp_path)
    with pytest.raises(FileNotFoundError, match=r'--tower clipter-lite0 --pretrained FILE'):
        ClipImageEncoder('clipter-lite0', 'embedded')


def test_unknown_tag_of_the_embedded_tower_lists_its_tag():
    with pytest.raises(ValueError, match=r'--pretrained openai.*clipter-lite0: embedded'):
        ClipImageEncoder('clipter-lite0', 'openai')
