"""Converted PP-OCRv6 networks have the same outputs as in ``transformers``."""

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
    """A recognizer of ``transformers`` with random weights and batch norm statistics."""
    pp_ocrv6 = pytest.importorskip('transformers.models.pp_ocrv6_small_rec')
    config = pp_ocrv6.PPOCRV6SmallRecConfig(head_out_channels=len(characters) + 2, **settings)
    torch.manual_seed(0)
    return randomize_norms(pp_ocrv6.PPOCRV6SmallRecForTextRecognition(config).eval())


def randomize_norms(model: nn.Module) -> nn.Module:
    """Set random batch norm statistics, as after training."""
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
    # Own: characters, space, blank. Published: blank, characters, space.
    torch.testing.assert_close(probs[..., :-1], expected[..., 1:], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(probs[..., -1], expected[..., 0], rtol=1e-4, atol=1e-5)


def test_transformers_weights_of_another_size_are_rejected(tmp_path) -> None:
    save_file(make_published(['a'], {}).state_dict(), tmp_path / 'model.safetensors')
    with pytest.raises(ValueError, match='contains 13 blocks, the config 14'):
        read_transformers_weights(tmp_path / 'model.safetensors', (1, 3, 7, 3))


def make_published_detector(size: str) -> nn.Module:
    """A detector of ``transformers`` with random weights."""
    stem, widths = {
        'small': ([3, 24, 48], (48, 96, 192, 384)),
        'medium': ([3, 64, 128], (128, 256, 512, 896)),
    }[size]
    stages = [[[3, widths[0], widths[0], 1, True], [3, widths[0], widths[0], 1, False]]]
    for before, width, pairs in zip(widths, widths[1:], (1, 2, 1)):
        rest = [[3, width, width, 1, attention] for attention in (True, False) * pairs]
        stages.append([[3, before, width, 2, False], *rest])
    backbone = {
        'model_type': 'pp_lcnet_v4',
        'stem_channels': stem,
        'out_features': ['stage1', 'stage2', 'stage3', 'stage4'],
        'block_configs': stages,
    }
    torch.manual_seed(0)
    if size == 'small':
        small = pytest.importorskip('transformers.models.pp_ocrv6_small_det')
        config = small.PPOCRV6SmallDetConfig(
            layer_list_out_channels=list(widths), backbone_config=backbone
        )
        return randomize_norms(small.PPOCRV6SmallDetForObjectDetection(config).eval())
    medium = pytest.importorskip('transformers.models.pp_ocrv6_medium_det')
    blocks = {'reduce_channel': [1, 1, 0], 'return_channel': [1, 1, 0]}
    for name, n in (('longratio', 7), ('midratio', 5), ('shortratio', 3)):
        half = n // 2
        blocks[f'vertical_long_to_small_conv_{name}'] = [[n, 1], [1, 1], [half, 0]]
        blocks[f'horizontal_small_to_long_conv_{name}'] = [[1, n], [1, 1], [0, half]]
        blocks[f'symmetric_conv_long_{name}'] = [[n, n], [1, 1], [half, half]]
    config = medium.PPOCRV6MediumDetConfig(
        backbone_config=backbone,
        intraclass_block_config=blocks,
        scale_factor_list=[1, 2, 4, 8],
        kernel_list=[3, 2, 2],
    )
    return randomize_norms(medium.PPOCRV6MediumDetForObjectDetection(config).eval())


@pytest.mark.parametrize('size', ['small', 'medium'])
def test_converted_detector_equals_transformers(size, tmp_path) -> None:
    published = make_published_detector(size)
    save_file(published.state_dict(), tmp_path / 'model.safetensors')
    with DefaultScope.overwrite_default_scope('mmocr'):
        ours = MODELS.build(Config.fromfile(CONFIGS / f'ppocrv6-{size}-det.py').model).eval()
    depths = [len(stage) for stage in ours.backbone.blocks]
    weights = read_transformers_weights(tmp_path / 'model.safetensors', depths)
    fill_detector_from_transformers(ours, weights)
    images = torch.randn(1, 3, 96, 128)
    with torch.no_grad():
        expected = published(images).last_hidden_state
        probs = ours.det_head(ours.extract_feat(images), None, 'predict')
    torch.testing.assert_close(probs[:, None], expected, rtol=1e-4, atol=1e-4)


def test_recognizer_weights_are_rejected_by_a_detector(tmp_path) -> None:
    save_file(make_published(['a'], {}).state_dict(), tmp_path / 'model.safetensors')
    with DefaultScope.overwrite_default_scope('mmocr'):
        ours = MODELS.build(Config.fromfile(CONFIGS / 'ppocrv6-small-det.py').model)
    weights = read_transformers_weights(tmp_path / 'model.safetensors', (1, 2, 7, 3))
    with pytest.raises(ValueError, match='another network than the config'):
        fill_detector_from_transformers(ours, weights)
