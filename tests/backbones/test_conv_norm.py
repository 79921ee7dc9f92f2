"""Folding, restoring and loading of batch norms."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pipeline.backbones import ConvNorm, PPLCNetV4, restore_norms

SMALL = dict(
    stem_channels=8,
    widths=(16, 24),
    depths=(1, 2),
    squeeze_excitation=((0,), (1,)),
    strides=((2, 1),),
)


def trained(**settings) -> PPLCNetV4:
    """A network with trained batch norm statistics."""
    torch.manual_seed(0)
    model = PPLCNetV4(**SMALL, norm=True, **settings)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.2, 3.0)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.2, 3.0)
    return model.eval()


def test_conv_norm_folds_trained_weights_without_norm() -> None:
    model, folded = trained(), PPLCNetV4(**SMALL).eval()
    folded.load_state_dict(model.state_dict())
    images = torch.randn(2, 3, 48, 64)
    with torch.no_grad():
        torch.testing.assert_close(folded(images), model(images), rtol=1e-4, atol=1e-4)


def test_load_weights_folds_norms(tmp_path) -> None:
    from pipeline.utils.checkpoint import load_weights

    model, folded = trained(), PPLCNetV4(**SMALL).eval()
    torch.save({'state_dict': model.state_dict()}, tmp_path / 'model.pth')
    load_weights(folded, tmp_path / 'model.pth')
    images = torch.randn(2, 3, 48, 64)
    with torch.no_grad():
        torch.testing.assert_close(folded(images), model(images), rtol=1e-4, atol=1e-4)


def test_restore_norms_keeps_outputs_and_sets_statistics() -> None:
    folded, model = PPLCNetV4(**SMALL).eval(), PPLCNetV4(**SMALL, norm=True)
    folded.load_state_dict(trained().state_dict())
    model.load_state_dict(folded.state_dict())
    images = torch.randn(8, 3, 48, 64)
    assert restore_norms(model, [images[:4], images[4:]], model) == 14
    seen: list[torch.Tensor] = []
    layer = model.blocks[1][1].channel_conv1
    layer.norm.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(images), folded(images), rtol=1e-3, atol=1e-3)
    mean, deviation = seen[0].mean((0, 2, 3)), seen[0].std((0, 2, 3))
    torch.testing.assert_close(layer.norm.running_mean, mean, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(layer.norm.weight, deviation, rtol=1e-2, atol=1e-3)


def test_conv_norm_without_norm_is_a_convolution() -> None:
    torch.manual_seed(0)
    layer, images = ConvNorm(3, 4, 3, padding=1), torch.randn(1, 3, 8, 8)
    expected = nn.functional.conv2d(images, layer.weight, layer.bias, padding=1)
    torch.testing.assert_close(layer(images), expected)


@pytest.mark.parametrize('norm', [False, True])
def test_conv_norm_of_parts_is_that_of_their_concatenation(norm: bool) -> None:
    torch.manual_seed(0)
    layer = ConvNorm(8, 4, 3, norm, padding=1).eval()
    x = torch.randn(2, 8, 5, 7)
    with torch.no_grad():
        torch.testing.assert_close(layer(*x.chunk(2, dim=1)), layer(x))
