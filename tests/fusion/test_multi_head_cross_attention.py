import math

import pytest
import torch
from torch import nn

from pipeline.fusion import MultiHeadCrossAttention
from pipeline.registry import MODELS
from pipeline.structures import SceneContext

OPEN = math.atanh(0.5)


def make_fusion(alpha: float = OPEN, **changes) -> MultiHeadCrossAttention:
    torch.manual_seed(0)
    config = {'embed_dim': 16, 'context_dim': 24, 'num_heads': 4, **changes}
    fusion = MultiHeadCrossAttention(**config)
    nn.init.constant_(fusion.gate.alpha, alpha)
    return fusion


def make_context(index: list[int], num_images: int = 3, num_tokens: int = 5) -> SceneContext:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randn(num_images, num_tokens, 24, generator=generator)
    return SceneContext(tokens, torch.tensor(index, dtype=torch.int64))


def make_words(num: int, steps: int = 6) -> torch.Tensor:
    return torch.randn(num, steps, 16, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize('size', ['full', 'mini'])
@pytest.mark.parametrize('training', [True, False])
def test_a_closed_gate_changes_no_bit(size, training):
    x = make_words(4)
    fusion = make_fusion(alpha=0.0, size=size).train(training)
    assert torch.equal(fusion(x, make_context([0, 2, 2, -1])), x)


@pytest.mark.parametrize('size', ['full', 'mini'])
def test_words_meet_their_own_scene_alone(size):
    fusion, x = make_fusion(size=size).eval(), make_words(4)
    index = [2, 0, 2, 1]
    together = fusion(x, make_context(index))
    for row, image in enumerate(index):
        own = SceneContext(make_context([]).tokens[image : image + 1], torch.tensor([0]))
        assert torch.allclose(together[row : row + 1], fusion(x[row : row + 1], own), atol=1e-6)


def test_another_scene_gives_another_answer():
    fusion, x = make_fusion(), make_words(2)
    assert not torch.allclose(fusion(x, make_context([0, 1])), fusion(x, make_context([1, 0])))


def test_permuting_photos_together_with_the_index_changes_nothing():
    fusion, x = make_fusion(), make_words(4)
    context = make_context([0, 1, 2, 1])
    order = torch.tensor([2, 0, 1])  # photo order[i] stands at i now
    permuted = SceneContext(context.tokens[order], order.argsort()[context.image_index])
    assert torch.equal(fusion(x, context), fusion(x, permuted))


def test_words_without_a_photo_pass_untouched():
    fusion, x = make_fusion(), make_words(4)
    out = fusion(x, make_context([-1, 0, -1, 2]))
    assert torch.equal(out[[0, 2]], x[[0, 2]])
    assert not torch.allclose(out[[1, 3]], x[[1, 3]], atol=1e-3)
    with_photo = fusion(x[[1, 3]], make_context([0, 2]))
    assert torch.allclose(out[[1, 3]], with_photo, atol=1e-6)


def test_words_without_a_photo_teach_the_gate_nothing():
    fusion = make_fusion()
    x = make_words(2).requires_grad_()
    assert torch.equal(fusion(x, make_context([-1, -1])), x)
    fusion(x, make_context([-1, 0]))[0].sum().backward()
    assert all(p.grad is None or not p.grad.any() for p in fusion.parameters())


def test_attention_equals_the_formula_written_out():
    fusion, x, context = (
        make_fusion(size='mini', num_heads=2).eval(),
        make_words(1),
        make_context([1]),
    )
    tokens = fusion.norm_context(context.tokens[1])
    keys, values = fusion.key_value(tokens).chunk(2, dim=-1)
    queries = fusion.query(fusion.norm_x(x[0]))
    heads = []
    for head in range(2):  # each 2 of the 4 wide
        part = slice(2 * head, 2 * head + 2)
        weights = (queries[:, part] @ keys[:, part].T / math.sqrt(2)).softmax(-1)
        heads.append(weights @ values[:, part])
    fused = x[0] + fusion.out(torch.cat(heads, dim=-1))
    expected = 0.5 * x[0] + 0.5 * fused
    assert torch.allclose(fusion(x, context)[0], expected, atol=1e-6)


def test_keys_and_values_are_projected_once_per_photo_however_many_words():
    fusion, shapes = make_fusion(), []
    fusion.key_value.register_forward_hook(lambda _, args, __: shapes.append(args[0].shape))
    fusion(make_words(50), make_context([0, 1] * 25, num_images=2))
    assert shapes == [(2, 5, 24)]


def test_a_projected_context_serves_many_steps():
    fusion, context, calls = make_fusion(), make_context([0, 2, -1]), []
    fusion.key_value.register_forward_hook(lambda *_: calls.append(1))
    scene = fusion.project_context(context)
    x = make_words(3)
    steps = [fusion(x[:, step : step + 1], scene) for step in range(6)]
    assert len(calls) == 1
    assert torch.allclose(torch.cat(steps, dim=1), fusion(x, context), atol=1e-6)


def test_only_alpha_learns_first_then_the_attention_follows():
    x, context = make_words(3), make_context([0, 1, 2])
    fusion = make_fusion(alpha=0.0)
    fusion(x, context).square().sum().backward()
    moved = {name for name, p in fusion.named_parameters() if p.grad is not None and p.grad.any()}
    assert moved == {'gate.alpha'}

    fusion = make_fusion(alpha=0.1)
    fusion(x, context).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in fusion.parameters())


def test_a_mini_fusion_is_a_fraction_of_a_full_one():
    def count(size: str) -> int:
        fusion = MultiHeadCrossAttention(embed_dim=192, context_dim=768, num_heads=3, size=size)
        return sum(p.numel() for p in fusion.parameters())

    # full: 768 * 384 keys and values, 2 * 192^2 queries and output, 8 * 192^2 MLP; biases, norms
    assert 0.66e6 < count('full') < 0.68e6
    assert count('mini') < 0.15 * count('full')


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_cached_tokens_of_another_precision_are_accepted(dtype):
    fusion, x, context = make_fusion(), make_words(2), make_context([0, 1])
    cached = SceneContext(context.tokens.to(dtype), context.image_index)
    assert torch.allclose(fusion(x, cached), fusion(x, context), atol=0.05)


def test_bf16_autocast_is_finite_and_keeps_the_dtype_of_the_words():
    fusion, x = make_fusion(), make_words(3)
    with torch.autocast('cpu', torch.bfloat16):
        out = fusion(x, make_context([0, -1, 2]))
    assert out.dtype == torch.float32
    assert torch.isfinite(out).all()
    assert torch.equal(out[1], x[1])


def test_dropout_is_for_training_alone():
    fusion, x, context = make_fusion(dropout=0.5), make_words(2), make_context([0, 1])
    assert not torch.equal(fusion.train()(x, context), fusion(x, context))
    assert torch.equal(fusion.eval()(x, context), fusion(x, context))


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'size': 'medium'}, "'full' or 'mini'"),
        ({'num_heads': 5}, 'num_heads must divide'),
        ({'size': 'mini', 'num_heads': 8}, 'attn_dim=4'),
    ],
)
def test_a_wrong_shape_of_attention_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make_fusion(**changes)


def test_what_does_not_fit_together_is_refused():
    fusion = make_fusion()
    with pytest.raises(ValueError, match=r'Set fusion\.embed_dim'):
        fusion(torch.zeros(2, 6, 17), make_context([0, 1]))
    with pytest.raises(ValueError, match=r'Set fusion\.context_dim=8'):
        fusion(make_words(1), SceneContext(torch.zeros(1, 2, 8), torch.tensor([0])))
    with pytest.raises(ValueError, match='each of 2 words, got 3'):
        fusion(make_words(2), make_context([0, 1, 2]))


def test_it_is_built_by_config():
    fusion = MODELS.build(
        {'type': 'MultiHeadCrossAttention', 'embed_dim': 16, 'context_dim': 24, 'num_heads': 4}
    )
    assert fusion(make_words(1), make_context([0])).shape == (1, 6, 16)
