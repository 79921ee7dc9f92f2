from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from parseq_words import CHARS, DICTIONARY, END, PAD, START, draw_crop, make_batch, make_samples

from pipeline.recognition.decoders.vitstr_decoder import ViTSTRDecoder
from pipeline.recognition.vitstr import ViTSTR
from pipeline.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs' / '_base_'


def build_decoder(**overrides) -> ViTSTRDecoder:
    torch.manual_seed(0)
    return MODELS.build(
        {
            'type': 'ViTSTRDecoder',
            'dictionary': DICTIONARY,
            'embed_dim': 16,
            'max_label_length': 4,
            'module_loss': {'type': 'CEModuleLoss', 'flatten': True, 'reduction': 'mean'},
            'postprocessor': {'type': 'PARSeqPostprocessor'},
            **overrides,
        }
    ).eval()


def spell(decoder: ViTSTRDecoder, classes: list[int]) -> torch.Tensor:
    """Encoder tokens that the head classifies as these classes."""
    with torch.no_grad():
        decoder.head.weight.copy_(torch.randn(decoder.head.weight.shape))
        norms = decoder.head.weight.square().sum(1)
        decoder.head.bias.copy_(-norms / 2)  # the nearest row of the weights wins
        return decoder.head.weight[classes][None] * 1.0


def test_vitstr_decoder_reads_character_i_from_token_i():
    decoder = build_decoder()
    text = [CHARS.index(char) for char in 'cat']
    tokens = spell(decoder, [START, *text, END, PAD, PAD, PAD])
    (sample,) = decoder.predict(None, tokens, make_samples(['']))
    assert sample.pred_text.item == 'cat'
    assert decoder(None, tokens).shape == (1, 5, len(CHARS) + 3)


def test_vitstr_loss_is_smallest_for_the_correct_text():
    decoder = build_decoder()
    tokens = spell(decoder, [START, *(CHARS.index(char) for char in 'cat'), END, PAD])
    right, wrong = (
        decoder.loss(None, tokens, make_samples([text]))['loss_ce'].item()
        for text in ('cat', 'act')
    )
    assert right < wrong


def test_vitstr_loss_is_equal_in_training_and_eval_mode():
    decoder = build_decoder()
    tokens = torch.randn(2, 9, 16)
    losses = [
        decoder.train(mode).loss(None, tokens, make_samples(['a', 'bcd']))['loss_ce']
        for mode in (True, False)
    ]
    assert torch.equal(*losses)


def test_vitstr_loss_ignores_tokens_after_eos():
    decoder = build_decoder()
    tokens = torch.randn(1, 9, 16, requires_grad=True)
    decoder.loss(None, tokens, make_samples(['a']))['loss_ce'].backward()
    taught = tokens.grad[0].abs().sum(-1) > 0
    assert taught.tolist() == [True] * 3 + [False] * 6  # BOS, a, EOS


def test_vitstr_decoder_never_predicts_bos_and_pad():
    decoder = build_decoder()
    probs = decoder(None, torch.randn(3, 6, 16))
    assert (probs[..., [START, PAD]] == 0).all()
    assert torch.allclose(probs.sum(-1), torch.ones(3, 5))


@pytest.mark.parametrize(
    ('shape', 'message'),
    [
        ((1, 5, 16), 'max_label_length=4 requires 6 tokens, got 5'),
        ((1, 6, 8), r'requires encoder tokens \(N, T, 16\)'),
        ((1, 16, 2, 3), r'requires encoder tokens \(N, T, 16\)'),
    ],
)
def test_vitstr_decoder_rejects_other_tokens(shape, message):
    with pytest.raises(ValueError, match=message):
        build_decoder()(None, torch.zeros(shape))


@pytest.mark.parametrize('token', ['with_start', 'with_end', 'with_padding'])
def test_vitstr_decoder_rejects_a_dictionary_without_a_token(token):
    with pytest.raises(ValueError, match='needs BOS, EOS and PAD'):
        build_decoder(dictionary={**DICTIONARY, token: False})


@pytest.mark.parametrize(('size', 'millions'), [('tiny', 5.4), ('small', 21.4), ('base', 85.3)])
def test_vitstr_configs_have_the_sizes_of_the_paper(size, millions):
    """Table 3: 5.4 M, 21.5 M and 85.8 M, with more patches and a class token."""
    config = Config.fromfile(CONFIGS / f'vitstr-{size}.py')
    with torch.device('meta'):
        model = MODELS.build(config.model)
    assert isinstance(model, ViTSTR)
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, abs=0.1)


def test_vitstr_config_reads_a_crop():
    config = Config.fromfile(CONFIGS / 'vitstr-tiny.py')
    config.model.encoder.depth = 1
    model = MODELS.build(config.model).eval()
    data = model.data_preprocessor(make_batch(['Hello', '42']))
    with torch.no_grad():
        samples = model(**data, mode='predict')
    assert all(isinstance(sample.pred_text.item, str) for sample in samples)
    assert all(0 <= sample.pred_text.word_score <= 1 for sample in samples)


@pytest.mark.slow
def test_vitstr_learns_eight_words():
    torch.manual_seed(0)
    words = ['open', 'Exit', '24h', 'cafe', 'TAXI', 'no', 'bus', 'a-b']
    config = Config.fromfile(CONFIGS / 'vitstr-tiny.py')
    config.model.encoder.update(embed_dim=48, depth=2, num_heads=3, patch_size=(8, 8))
    config.model.decoder.update(embed_dim=48)
    model = MODELS.build(config.model).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    data = model.data_preprocessor(
        {'inputs': [draw_crop(word) for word in words], 'data_samples': make_samples(words)}
    )
    for _ in range(200):
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        samples = model.eval()(**data, mode='predict')
    assert [sample.pred_text.item for sample in samples] == words
