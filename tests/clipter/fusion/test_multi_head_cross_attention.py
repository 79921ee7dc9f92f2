import math

import pytest
import torch
from fusions import make_context, make_words
from fusions import make_fusion as make_any_fusion

from pipeline.clipter.fusion import MultiHeadCrossAttention
from pipeline.registry import MODELS
from pipeline.structures import SceneContext


def make_fusion(size: str = 'full', **changes) -> MultiHeadCrossAttention:
    return make_any_fusion(size, **changes)


def test_mhca_output_depends_on_the_scene():
    fusion, x = make_fusion(), make_words(2)
    assert not torch.allclose(fusion(x, make_context([0, 1])), fusion(x, make_context([1, 0])))


def test_mhca_is_invariant_to_the_order_of_images():
    fusion, x = make_fusion(), make_words(4)
    context = make_context([0, 1, 2, 1])
    order = torch.tensor([2, 0, 1])  # image order[i] is now at index i
    permuted = SceneContext(context.tokens[order], order.argsort()[context.image_index])
    assert torch.equal(fusion(x, context), fusion(x, permuted))


def test_mhca_equals_its_formula():
    fusion, x, context = (
        make_fusion(size='mini', num_heads=2).eval(),
        make_words(1),
        make_context([1]),
    )
    tokens = fusion.norm_context(context.tokens[1])
    keys, values = fusion.key_value(tokens).chunk(2, dim=-1)
    queries = fusion.query(fusion.norm_x(x[0]))
    heads = []
    for head in range(2):  # each head has 2 of the 4 channels
        part = slice(2 * head, 2 * head + 2)
        weights = (queries[:, part] @ keys[:, part].T / math.sqrt(2)).softmax(-1)
        heads.append(weights @ values[:, part])
    fused = x[0] + fusion.out(torch.cat(heads, dim=-1))
    expected = 0.5 * x[0] + 0.5 * fused
    assert torch.allclose(fusion(x, context)[0], expected, atol=1e-6)


def test_mhca_projects_keys_and_values_once_per_image():
    fusion, shapes = make_fusion(), []
    fusion.key_value.register_forward_hook(lambda _, args, __: shapes.append(args[0].shape))
    fusion(make_words(50), make_context([0, 1] * 25, num_images=2))
    assert shapes == [(2, 5, 24)]


def test_mini_mhca_has_a_fraction_of_the_parameters():
    def count(size: str) -> int:
        fusion = MultiHeadCrossAttention(embed_dim=192, context_dim=768, num_heads=3, size=size)
        return sum(p.numel() for p in fusion.parameters())

    # full: 768 * 384 keys and values, 2 * 192^2 queries and output, 8 * 192^2 MLP; biases, norms
    assert 0.66e6 < count('full') < 0.68e6
    assert count('mini') < 0.15 * count('full')


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_mhca_accepts_tokens_of_another_dtype(dtype):
    fusion, x, context = make_fusion(), make_words(2), make_context([0, 1])
    cached = SceneContext(context.tokens.to(dtype), context.image_index)
    assert torch.allclose(fusion(x, cached), fusion(x, context), atol=0.05)


def test_mhca_uses_dropout_only_in_training():
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
def test_mhca_rejects_invalid_widths(changes, message):
    with pytest.raises(ValueError, match=message):
        make_fusion(**changes)


def test_mhca_is_built_from_config():
    fusion = MODELS.build(
        {'type': 'MultiHeadCrossAttention', 'embed_dim': 16, 'context_dim': 24, 'num_heads': 4}
    )
    assert fusion(make_words(1), make_context([0])).shape == (1, 6, 16)
