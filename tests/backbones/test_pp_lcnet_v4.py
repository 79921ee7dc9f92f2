"""Output shapes and arguments of the PP-LCNetV4 backbone."""

from __future__ import annotations

import pytest
import torch

from pipeline.backbones import PPLCNetV4
from pipeline.backbones.pp_lcnet_v4 import SqueezeExcitation

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


def test_residual_squeeze_excitation_adds_its_input() -> None:
    torch.manual_seed(0)
    attention, x = SqueezeExcitation(8), torch.randn(2, 8, 5, 7)
    with torch.no_grad():
        wanted = x + attention(x)
        attention.residual = True
        torch.testing.assert_close(attention(x), wanted)
