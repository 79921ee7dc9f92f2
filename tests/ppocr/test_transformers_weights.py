"""PP-OCRv6 networks of ``transformers``: same outputs after conversion."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from safetensors.torch import save_file
from torch import nn

from pipeline.ppocr.detector import fill_detector_from_transformers
from pipeline.ppocr.recognizer import fill_from_transformers
from pipeline.ppocr.transformers_weights import read_transformers_weights
from pipeline.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs' / '_base_'
MEDIUM = {
    'hidden_size': 192,
    'mlp_ratio': 4.0,
    'backbone_config': {
        'model_type': 'pp_lcnet_v4',
        'stem_channels': [3, 64, 128],
        'block_configs': [
            [[3, 128, 128, 1, True]],
            [[3, 128, 256, 1, False], [3, 256, 256, 1, False], [3, 256, 256, 1, True]],
            [[3, 256, 512, [2, 1], False]]
            + [[3, 512, 512, 1, attention] for attention in (True, False) * 3],
            [[3, 512, 768, [2, 1], False], [3, 768, 768, 1, True], [3, 768, 768, 1, False]],
        ],
    },
}


def make_published(characters: list[str], settings: dict) -> nn.Module:
    """The class of ``transformers`` with random weights and random batch norm statistics."""
    pp_ocrv6 = pytest.importorskip('transformers.models.pp_ocrv6_small_rec')
    config = pp_ocrv6.PPOCRV6SmallRecConfig(head_out_channels=len(characters) + 2, **settings)
    torch.manual_seed(0)
    return randomize_norms(pp_ocrv6.PPOCRV6SmallRecForTextRecognition(config).eval())


def randomize_norms(model: nn.Module) -> nn.Module:
    """Batch norms with statistics, as training leaves them."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
    return model


@pytest.mark.parametrize(('size', 'settings'), [('small', {}), ('medium', MEDIUM)])
def test_converted_recognizer_equals_transformers(size, settings, tmp_path) -> None:
    characters = [chr(code) for code in range(33, 127)]
    published = make_published(characters, settings)
    save_file(published.state_dict(), tmp_path / 'model.safetensors')
    config = Config.fromfile(CONFIGS / f'ppocrv6-{size}.py').model
    (tmp_path / 'letters.txt').write_text('\n'.join([*characters, ' ']) + '\n')
    config.decoder.dictionary.dict_file = str(tmp_path / 'letters.txt')
    with DefaultScope.overwrite_default_scope('mmocr'):
        ours = MODELS.build(config).eval()
    depths = [len(stage) for stage in ours.backbone.blocks]
    weights = read_transformers_weights(tmp_path / 'model.safetensors', depths)
    fill_from_transformers(ours, weights, characters)
    crops = torch.randn(2, 3, 48, 96)
    with torch.no_grad():
        expected = published(crops).last_hidden_state
        probs = ours(crops, mode='tensor')
    # Ours: characters, space, blank; theirs: blank, characters, space.
    torch.testing.assert_close(probs[..., :-1], expected[..., 1:], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(probs[..., -1], expected[..., 0], rtol=1e-4, atol=1e-5)


def test_transformers_weights_of_another_size_are_rejected(tmp_path) -> None:
    save_file(make_published(['a'], {}).state_dict(), tmp_path / 'model.safetensors')
    with pytest.raises(ValueError, match='contains 13 blocks, the config 14'):
        read_transformers_weights(tmp_path / 'model.safetensors', (1, 3, 7, 3))


def make_published_detector() -> nn.Module:
    """The small detector of ``transformers`` with random weights."""
    pp_ocrv6 = pytest.importorskip('transformers.models.pp_ocrv6_small_det')
    config = pp_ocrv6.PPOCRV6SmallDetConfig(
        layer_list_out_channels=[48, 96, 192, 384],
        backbone_config={
            'model_type': 'pp_lcnet_v4',
            'stem_channels': [3, 24, 48],
            'out_features': ['stage1', 'stage2', 'stage3', 'stage4'],
            'block_configs': [
                [[3, 48, 48, 1, True], [3, 48, 48, 1, False]],
                [[3, 48, 96, 2, False], [3, 96, 96, 1, True], [3, 96, 96, 1, False]],
                [[3, 96, 192, 2, False]]
                + [[3, 192, 192, 1, attention] for attention in (True, False) * 2],
                [[3, 192, 384, 2, False], [3, 384, 384, 1, True], [3, 384, 384, 1, False]],
            ],
        },
    )
    torch.manual_seed(0)
    return randomize_norms(pp_ocrv6.PPOCRV6SmallDetForObjectDetection(config).eval())


def test_converted_detector_equals_transformers(tmp_path) -> None:
    published = make_published_detector()
    save_file(published.state_dict(), tmp_path / 'model.safetensors')
    with DefaultScope.overwrite_default_scope('mmocr'):
        ours = MODELS.build(Config.fromfile(CONFIGS / 'ppocrv6-small-det.py').model).eval()
    depths = [len(stage) for stage in ours.backbone.blocks]
    weights = read_transformers_weights(tmp_path / 'model.safetensors', depths)
    fill_detector_from_transformers(ours, weights)
    images = torch.randn(1, 3, 96, 128)
    with torch.no_grad():
        expected = published(images).last_hidden_state
        probs = ours.det_head(ours.extract_feat(images), None, 'predict')
    torch.testing.assert_close(probs[:, None], expected, rtol=1e-4, atol=1e-5)


def test_recognizer_weights_are_rejected_by_a_detector(tmp_path) -> None:
    save_file(make_published(['a'], {}).state_dict(), tmp_path / 'model.safetensors')
    with DefaultScope.overwrite_default_scope('mmocr'):
        ours = MODELS.build(Config.fromfile(CONFIGS / 'ppocrv6-small-det.py').model)
    weights = read_transformers_weights(tmp_path / 'model.safetensors', (1, 2, 7, 3))
    with pytest.raises(ValueError, match='another network than the config'):
        fill_detector_from_transformers(ours, weights)
