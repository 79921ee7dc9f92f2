"""mmcv's deformable convolutions with the operators of ``pipeline.compat``."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from mmcv.ops import (
    DeformConv2dPack,
    ModulatedDeformConv2dPack,
    deform_conv2d,
    modulated_deform_conv2d,
)
from torch import Tensor, nn
from torch.autograd import gradcheck

PACKS = [DeformConv2dPack, ModulatedDeformConv2dPack]


def read_bilinear(channel: Tensor, y: float, x: float) -> float:
    """One bilinear sample. Pixels beyond the border are zero."""
    height, width = channel.shape
    top, left = math.floor(y), math.floor(x)
    total = 0.0
    for row, weight_y in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, weight_x in ((left, 1 - (x - left)), (left + 1, x - left)):
            if 0 <= row < height and 0 <= column < width:
                total += float(channel[row, column]) * weight_y * weight_x
    return total


def convolve_by_loop(
    image: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, groups: int, deform_groups: int
) -> Tensor:
    """Deformable convolution by loops: kernel 3x3, padding (1, 2), stride (2, 1)."""
    batch, channels = image.shape[:2]
    output = torch.zeros(batch, len(weight), *offset.shape[2:], dtype=image.dtype)
    for b, o, i, j in torch.cartesian_prod(*(torch.arange(n) for n in output.shape)).tolist():
        group = o * groups // len(weight)
        for c in range(channels // groups):
            channel = group * (channels // groups) + c
            deform_group = channel * deform_groups // channels
            for cell in range(9):
                k = deform_group * 9 + cell
                y = 2 * i - 1 + cell // 3 + float(offset[b, 2 * k, i, j])
                x = 1 * j - 2 + cell % 3 + float(offset[b, 2 * k + 1, i, j])
                sample = read_bilinear(image[b, channel], y, x) * mask[b, k, i, j]
                output[b, o, i, j] += weight[o, c, cell // 3, cell % 3] * sample
    return output


def draw_inputs(groups: int, deform_groups: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Image, offset, mask and weight in float64 for kernel 3x3, padding (1, 2), stride (2, 1)."""
    image = torch.randn(2, 4, 5, 4).double()
    offset = torch.randn(2, deform_groups * 18, 3, 6).double()
    mask = torch.rand(2, deform_groups * 9, 3, 6).double()
    weight = torch.randn(2, 4 // groups, 3, 3).double()
    return image, offset, mask, weight


@pytest.mark.parametrize(('groups', 'deform_groups'), [(1, 1), (2, 1), (1, 2)])
def test_deform_convs_equal_a_plain_loop(groups: int, deform_groups: int, device: str) -> None:
    image, offset, mask, weight = draw_inputs(groups, deform_groups)
    bias = torch.randn(2).double()
    on_device = [tensor.to(device) for tensor in (image, offset, mask, weight, bias)]

    modulated = modulated_deform_conv2d(*on_device, (2, 1), (1, 2), 1, groups, deform_groups)
    expected = convolve_by_loop(image, offset, mask, weight, groups, deform_groups)
    torch.testing.assert_close(modulated.cpu(), expected + bias[:, None, None])

    plain = deform_conv2d(
        on_device[0], on_device[1], on_device[3], (2, 1), (1, 2), 1, groups, deform_groups
    )
    unmasked = torch.ones_like(mask)
    expected = convolve_by_loop(image, offset, unmasked, weight, groups, deform_groups)
    torch.testing.assert_close(plain.cpu(), expected)


def test_deform_conv_gradients_equal_finite_differences(device: str) -> None:
    image, offset, _, weight = (tensor.to(device).requires_grad_() for tensor in draw_inputs(2, 1))
    assert gradcheck(
        lambda *inputs: deform_conv2d(*inputs, (2, 1), (1, 2), 1, 2, 1),
        (image, offset, weight),
        nondet_tol=1e-9,
        fast_mode=True,
    )


@pytest.mark.parametrize('with_bias', [True, False])
def test_modulated_deform_conv_gradients_equal_differences(with_bias: bool, device: str) -> None:
    inputs = [tensor.to(device).requires_grad_() for tensor in draw_inputs(1, 2)]
    if with_bias:
        inputs.append(torch.randn(2).double().to(device).requires_grad_())

    def convolve(*tensors: Tensor) -> Tensor:
        bias = tensors[4] if with_bias else None
        return modulated_deform_conv2d(*tensors[:4], bias, (2, 1), (1, 2), 1, 1, 2)

    assert gradcheck(convolve, inputs, nondet_tol=1e-9, fast_mode=True)


def test_initial_deform_layers_equal_plain_convolutions(device: str) -> None:
    image = torch.randn(2, 4, 7, 7, device=device)
    for pack, factor in ((DeformConv2dPack, 1.0), (ModulatedDeformConv2dPack, 0.5)):
        layer = pack(4, 6, 3, padding=1, bias=False).to(device)
        # Offsets start at zero and modulation at sigmoid(0).
        expected = factor * F.conv2d(image, layer.weight, padding=1)
        torch.testing.assert_close(layer(image), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('pack', PACKS)
def test_deform_layers_have_gradients_for_all_parameters(
    pack: type[nn.Module], device: str
) -> None:
    layer = pack(4, 6, 3, padding=1, bias=False).to(device)
    layer(torch.randn(2, 4, 7, 7, device=device)).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize('pack', PACKS)
def test_deform_layers_load_checkpoints_of_compiled_mmcv(pack: type[nn.Module]) -> None:
    layer = pack(4, 6, 3, padding=1, bias=False)
    names = ['weight', 'conv_offset.weight', 'conv_offset.bias']
    assert sorted(layer.state_dict()) == sorted(names)

    saved = {name: torch.randn_like(tensor) for name, tensor in layer.state_dict().items()}
    layer.load_state_dict(saved)
    assert torch.equal(layer.conv_offset.bias, saved['conv_offset.bias'])
