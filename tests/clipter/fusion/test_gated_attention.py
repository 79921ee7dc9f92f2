import math

import pytest
import torch
from fusions import make_context, make_fusion, make_words

from pipeline.clipter.fusion import GatedAttention, MultiHeadCrossAttention
from pipeline.registry import MODELS


def test_gated_attention_equals_its_formula():
    fusion, x, context = make_fusion('gated').eval(), make_words(1), make_context([1])
    tokens, normed = fusion.norm_context(context.tokens[1]), fusion.norm_x(x[0])
    scores = fusion.query(normed) @ fusion.key(tokens).T / math.sqrt(16 // 4)
    answer = scores.softmax(-1) @ fusion.value(tokens)
    gate = normed * fusion.gate_x + answer * fusion.gate_scene + fusion.gate_bias
    fused = x[0] + gate.sigmoid() * answer
    assert torch.allclose(fusion(x, context)[0], 0.5 * x[0] + 0.5 * fused, atol=1e-6)


def test_new_gated_attention_takes_half_of_every_channel():
    fusion = GatedAttention(embed_dim=16, context_dim=24)
    torch.nn.init.constant_(fusion.gate.alpha, 100.0)  # fully open
    x, context = make_words(2), make_context([0, 1], num_tokens=1)
    answer = fusion.value(fusion.norm_context(context.tokens[:2]))
    assert torch.allclose(fusion(x, context), x + 0.5 * answer, atol=1e-6)


def test_gated_attention_differs_per_word_with_one_token():
    x, context = make_words(2), make_context([0, 0], num_tokens=1)
    taken = make_fusion('gated')(x, context) - x
    assert not torch.allclose(taken[0], taken[1], atol=1e-2)
    # MH-CA would add the same vector to every word.
    taken = make_fusion('mini')(x, context) - x
    assert torch.allclose(taken[0], taken[1], atol=1e-6)


def test_gated_attention_has_fewer_parameters_than_full_mhca():
    light = GatedAttention(embed_dim=192, context_dim=768)
    full = MultiHeadCrossAttention(embed_dim=192, context_dim=768, num_heads=6)
    sizes = [sum(p.numel() for p in fusion.parameters()) for fusion in (light, full)]
    # 768 * (48 + 192) keys and values, 192 * 48 queries; biases, norms, the channel gate
    assert 0.19e6 < sizes[0] < 0.2e6
    assert sizes[0] < 0.3 * sizes[1]


def test_gated_attention_is_built_from_config_with_attn_dim():
    config = {'type': 'GatedAttention', 'embed_dim': 16, 'context_dim': 24, 'attn_dim': 7}
    fusion = MODELS.build(config)
    assert fusion.query.out_features == fusion.key.out_features == 7
    assert fusion(make_words(1), make_context([0])).shape == (1, 6, 16)
    with pytest.raises(ValueError, match='attn_dim must be at least 1, got 0'):
        GatedAttention(embed_dim=16, context_dim=24, attn_dim=0)
