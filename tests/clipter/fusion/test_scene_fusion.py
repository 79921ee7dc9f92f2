"""Tests for every fusion: gated attention, MH-CA full and MH-CA mini."""

from __future__ import annotations

import pytest
import torch
from fusions import KINDS, make_context, make_fusion, make_words
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from pipeline.structures import SceneContext

pytestmark = pytest.mark.parametrize('kind', KINDS)
TOKENS = pytest.mark.parametrize('num_tokens', [5, 1])
LAYOUTS = {
    'one image': [0, 0, 0, 0, 0],
    'image after image': [2, 2, 0, 0, 1],
    'mixed': [0, 2, 1, 0, 2],
    'some without': [-1, 1, 1, -1, 0],
    'one image, some without': [1, -1, 1, 1, -1],
    'none': [-1, -1, -1, -1, -1],
}


@TOKENS
@pytest.mark.parametrize('index', LAYOUTS.values(), ids=LAYOUTS)
def test_fusion_uses_each_words_own_scene(kind, num_tokens, index):
    fusion, x = make_fusion(kind).eval(), make_words(5)
    context = make_context(index, num_tokens=num_tokens)
    together = fusion(x, context)
    for row, image in enumerate(index):
        if image < 0:
            assert torch.equal(together[row], x[row])
            continue
        own = SceneContext(context.tokens[image : image + 1], torch.tensor([0]))
        alone = fusion(x[row : row + 1], own)
        assert torch.allclose(together[row : row + 1], alone, atol=1e-6)
        assert not torch.allclose(alone[0], x[row], atol=1e-3)


@TOKENS
@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float16, torch.bfloat16])
def test_fusion_with_a_closed_gate_is_exact(kind, num_tokens, training, dtype):
    fusion = make_fusion(kind, alpha=0.0).train(training).to(dtype)
    x = make_words(5).to(dtype)
    context = make_context(LAYOUTS['some without'], num_tokens=num_tokens)
    out = fusion(x, SceneContext(context.tokens.to(dtype), context.image_index))
    assert out.dtype == dtype
    assert torch.equal(out, x)


@TOKENS
def test_fusion_at_start_has_a_gradient_only_for_alpha(kind, num_tokens):
    fusion, x = make_fusion(kind, alpha=0.0), make_words(3).requires_grad_()
    fusion(x, make_context([0, 1, 2], num_tokens=num_tokens)).square().sum().backward()
    moved = {name for name, p in fusion.named_parameters() if p.grad is not None and p.grad.any()}
    assert moved == {'gate.alpha'}
    assert torch.equal(x.grad, 2 * x.detach())


def test_fusion_with_open_gate_has_a_gradient_everywhere(kind):
    fusion = make_fusion(kind, alpha=0.1)
    fusion(make_words(3), make_context([0, 1, 2])).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in fusion.parameters())


def test_fusion_gets_no_gradient_from_words_without_image(kind):
    fusion, x = make_fusion(kind), make_words(3).requires_grad_()
    out = fusion(x, make_context([-1, 0, -1]))
    (out[0].sum() + out[2].sum()).backward()
    assert torch.equal(x.grad[[0, 2]], torch.ones(2, 6, 16))
    assert all(p.grad is None or not p.grad.any() for p in fusion.parameters())


def test_fusion_without_images_returns_all_words_unchanged(kind):
    fusion, x = make_fusion(kind), make_words(2)
    assert torch.equal(fusion(x, SceneContext(torch.zeros(0, 5, 24), torch.tensor([-1, -1]))), x)


# One token per image: k = infinity


@pytest.mark.parametrize('index', LAYOUTS.values(), ids=LAYOUTS)
def test_fusion_with_one_token_equals_the_general_path(kind, index):
    """The same token twice is a scene with two keys, which takes the general path."""
    x, once = make_words(5), make_context(index, num_tokens=1)
    twice = SceneContext(once.tokens.expand(-1, 2, -1), once.image_index)
    fusion = make_fusion(kind)
    x_short, x_long = x.clone().requires_grad_(), x.clone().requires_grad_()
    short, long = fusion(x_short, once), fusion(x_long, twice)
    assert torch.allclose(short, long, atol=1e-6)

    weights = torch.linspace(-1, 1, x.numel()).view_as(x)
    grads = []
    for out, words in ((short, x_short), (long, x_long)):
        fusion.zero_grad()
        (out * weights).sum().backward()
        grads.append([words.grad] + [p.grad for p in fusion.parameters() if p.grad is not None])
    assert len(grads[0]) == len(grads[1])
    for ours, theirs in zip(*grads, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4)


def count_flops(fusion: nn.Module, words: int, steps: int, tokens: int, photos: int = 2) -> int:
    index = torch.arange(words) * photos // words
    context = SceneContext(torch.randn(photos, tokens, 24), index)
    x = torch.randn(words, steps, 16)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        fusion(x, context)
    return counter.get_total_flops()


def test_fusion_with_one_token_has_no_cost_per_word(kind):
    fusion = make_fusion(kind).eval()
    mlp = 2 * 2 * 16 * 64 if kind == 'full' else 0  # per step; its input is words, not the scene
    # per image: value and output projection, or only GatedAttention's value projection
    attn_dim = {'full': 16, 'mini': 4}.get(kind)
    answer = 2 * 24 * 16 if attn_dim is None else 2 * 24 * attn_dim + 2 * attn_dim * 16
    for words, steps in ((4, 6), (40, 6), (40, 60)):
        assert count_flops(fusion, words, steps, tokens=1) == 2 * answer + words * steps * mlp
    assert count_flops(fusion, 40, 6, tokens=2) > 40 * 6 * (mlp + 2 * 16 * 4)


def test_fusion_projects_an_image_once_for_many_steps(kind):
    fusion, calls = make_fusion(kind).eval(), []
    fusion.norm_context.register_forward_hook(lambda *_: calls.append(1))
    x = make_words(4)
    for num_tokens in (5, 1):
        context = make_context([0, 2, -1, 2], num_tokens=num_tokens)
        scene = fusion.project_context(context)
        steps = [fusion(x[:, step : step + 1], scene) for step in range(6)]
        assert len(calls) == 1
        assert torch.allclose(torch.cat(steps, dim=1), fusion(x, context), atol=1e-6)
        calls.clear()


# Memory


def test_fusion_does_not_copy_keys_of_a_shared_image(kind):
    """The largest intermediate tensor has the size of words or keys, not of their product."""
    from torch.utils._python_dispatch import TorchDispatchMode

    sizes = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            sizes.extend(t.numel() for t in (out,) if isinstance(t, torch.Tensor))
            return out

    fusion = make_fusion(kind).eval()
    words, steps, tokens = 64, 1, 50
    for index in (torch.zeros(words, dtype=torch.long), torch.arange(words) // 32):
        context = SceneContext(torch.randn(2, tokens, 24), index)
        sizes.clear()
        with torch.no_grad(), Watch():
            fusion(torch.randn(words, steps, 16), context)
        assert max(sizes) <= max(words * steps * 64, 2 * tokens * 32)


# Precision and compilation


@TOKENS
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_fusion_in_half_precision_is_finite_and_close(kind, num_tokens, dtype):
    x, context = make_words(5), make_context(LAYOUTS['mixed'], num_tokens=num_tokens)
    exact = make_fusion(kind).eval()(x, context)
    fusion = make_fusion(kind).eval().to(dtype)
    out = fusion(x.to(dtype), context)
    assert out.dtype == dtype
    assert torch.isfinite(out).all()
    assert torch.allclose(out.float(), exact, atol=0.1)


@TOKENS
def test_fusion_under_bf16_autocast_is_finite_and_keeps_dtype(kind, num_tokens):
    fusion, x = make_fusion(kind), make_words(5).requires_grad_()
    context = make_context(LAYOUTS['some without'], num_tokens=num_tokens)
    with torch.autocast('cpu', torch.bfloat16):
        out = fusion(x, context)
        assert torch.equal(make_fusion(kind, alpha=0.0)(x, context), x)
    assert out.dtype == torch.float32
    assert torch.equal(out[0], x[0])
    assert torch.allclose(out, fusion(x, context), atol=0.1)
    out.square().sum().backward()
    assert torch.isfinite(x.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in fusion.parameters() if p.grad is not None)


@pytest.mark.slow
@TOKENS
@pytest.mark.parametrize('index', [LAYOUTS['one image'], LAYOUTS['some without']])
def test_fusion_compiles_to_one_graph(kind, num_tokens, index):
    fusion, x = make_fusion(kind).eval(), make_words(5)
    context = make_context(index, num_tokens=num_tokens)
    expected = fusion(x, context)
    torch._dynamo.reset()
    whole = torch.compile(fusion, backend='eager', fullgraph=True)
    assert torch.allclose(whole(x, context), expected, atol=1e-6)
    # As in a recognizer: projected once, fused at each step.
    assert torch.allclose(whole(x, fusion.project_context(context)), expected, atol=1e-6)
    none = torch.tensor(index) < 0
    assert torch.equal(whole(x, context)[none], x[none])


@pytest.mark.slow
def test_fusion_compiles_with_gradients(kind):
    fusion, x = make_fusion(kind).train(), make_words(5)
    torch._dynamo.reset()
    whole = torch.compile(fusion, backend='aot_eager', fullgraph=True)
    for num_tokens in (5, 1):
        context = make_context(LAYOUTS['some without'], num_tokens=num_tokens)
        grads = []
        for run in (whole, fusion):
            fusion.zero_grad()
            run(x, context).square().sum().backward()
            grads.append({name: p.grad for name, p in fusion.named_parameters()})
        for name, grad in grads[1].items():
            assert torch.allclose(grads[0][name], grad, atol=1e-4), name


# Errors


def test_fusion_rejects_mismatched_inputs(kind):
    fusion = make_fusion(kind)
    with pytest.raises(ValueError, match=r'Set fusion\.embed_dim'):
        fusion(torch.zeros(2, 6, 17), make_context([0, 1]))
    with pytest.raises(ValueError, match=r'Set fusion\.context_dim=8'):
        fusion(make_words(1), SceneContext(torch.zeros(1, 2, 8), torch.tensor([0])))
    with pytest.raises(ValueError, match='each of 2 words, got 3'):
        fusion(make_words(2), make_context([0, 1, 2]))
