import math

import pytest
import torch

from pipeline.clipter.fusion import TanhGate


def test_new_gate_returns_its_input_exactly():
    torch.manual_seed(0)
    x, fused = torch.randn(4, 7, 16), 1e3 * torch.randn(4, 7, 16)
    assert torch.equal(TanhGate()(x, fused), x)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16, torch.float64])
def test_closed_gate_is_exact_in_every_dtype_and_keeps_it(dtype):
    torch.manual_seed(0)
    x = torch.randn(4, 7, 16).to(dtype)
    out = TanhGate()(x, torch.randn(4, 7, 16))
    assert out.dtype == dtype
    assert torch.equal(out, x)


def test_closed_gate_is_exact_under_autocast():
    torch.manual_seed(0)
    x, weight = torch.randn(4, 16), torch.randn(16, 16)
    with torch.autocast('cpu', torch.bfloat16):
        fused = x @ weight
        out = TanhGate()(x, fused)
    assert fused.dtype == torch.bfloat16
    assert out.dtype == torch.float32
    assert torch.equal(out, x)


def test_open_gate_mixes_by_tanh_of_alpha():
    gate = TanhGate()
    torch.nn.init.constant_(gate.alpha, math.atanh(0.25))
    out = gate(torch.tensor([8.0]), torch.tensor([16.0]))
    assert out.item() == pytest.approx(0.75 * 8 + 0.25 * 16)
    assert gate.openness == pytest.approx(0.25)


def test_closed_gate_passes_a_gradient_only_to_alpha():
    gate = TanhGate()
    x = torch.tensor([8.0], requires_grad=True)
    fused = torch.tensor([16.0], requires_grad=True)
    gate(x, fused).backward()
    assert gate.alpha.grad.item() == 16 - 8
    assert fused.grad.item() == 0
    assert x.grad.item() == 1
