"""Output shapes and arguments of the PP-LCNetV4 backbone."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from pipeline.backbones import PPLCNetV4
from pipeline.backbones.conv_norm import ConvNorm
from pipeline.backbones.pp_lcnet_v4 import LCNetV4Stem, SqueezeExcitation

SETTINGS = dict(
    stem_channels=8,
    widths=(16, 24, 32),
    depths=(1, 2, 2),
    squeeze_excitation=((0,), (1,), ()),
)


def test_pp_lcnet_v4_of_a_recognizer_keeps_the_width() -> None:
    model = PPLCNetV4(**SETTINGS, strides=((2, 1), (2, 1)), pool=(3, 2))
    assert model(torch.zeros(2, 3, 48, 96)).shape == (2, 32, 1, 12)


def test_pp_lcnet_v4_of_a_detector_returns_stages() -> None:
    model = PPLCNetV4(**SETTINGS, strides=(2, 2), out_indices=(0, 1, 2))
    shapes = [tuple(feature.shape[1:]) for feature in model(torch.zeros(1, 3, 64, 96))]
    assert shapes == [(16, 16, 24), (24, 8, 12), (32, 4, 6)]


@pytest.mark.parametrize('frozen', [0, 1, 2, 4])
def test_pp_lcnet_v4_frozen_stages_get_no_gradient(frozen: int) -> None:
    model = PPLCNetV4(**SETTINGS, strides=(2, 2), frozen_stages=frozen)
    parts = [model.convolution, *model.blocks]
    trained = [any(p.requires_grad for p in part.parameters()) for part in parts]
    assert trained == [index >= frozen for index in range(4)]


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(strides=(2,)), 'strides need one entry per stage after the first, got 1'),
        (dict(depths=(1, 2), strides=(2, 2)), 'need one entry per stage, got 3, 2 and 3'),
        (dict(strides=(2, 2), pool=(3, 2), out_indices=(2,)), 'set out_indices=None'),
        (dict(strides=(2, 2), frozen_stages=5), r'frozen_stages must be in \[0, 4\], got 5'),
    ],
)
def test_pp_lcnet_v4_rejects_invalid_arguments(settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PPLCNetV4(**{**SETTINGS, **settings})


@pytest.mark.parametrize('norm', [False, True])
def test_stem_pads_its_small_kernels_at_the_bottom_and_the_right(norm: bool) -> None:
    torch.manual_seed(0)
    stem = LCNetV4Stem(3, 8, 16, norm).eval()
    image = torch.randn(2, 3, 31, 42)

    def convolve(layer: ConvNorm, x: torch.Tensor, **settings: int) -> torch.Tensor:
        y = F.conv2d(x, layer.weight, layer.bias, **settings)
        return F.relu(y if layer.norm is None else layer.norm(y))

    with torch.no_grad():
        x = F.pad(convolve(stem.stem1, image, stride=2, padding=1), (0, 1, 0, 1))
        branch = convolve(stem.stem2b, F.pad(convolve(stem.stem2a, x), (0, 1, 0, 1)))
        x = torch.cat([F.max_pool2d(x, 2, stride=1), branch], dim=1)
        wanted = convolve(stem.stem4, convolve(stem.stem3, x, stride=2, padding=1))
        torch.testing.assert_close(stem(image), wanted)


def test_residual_squeeze_excitation_adds_its_input() -> None:
    torch.manual_seed(0)
    attention, x = SqueezeExcitation(8), torch.randn(2, 8, 5, 7)
    with torch.no_grad():
        wanted = x + attention(x)
        attention.residual = True
        torch.testing.assert_close(attention(x), wanted)
