from __future__ import annotations

import copy
import io

import pytest
import torch
from mmengine.config import Config
from parseq_words import ASCII94, CHARS, REPOSITORY, build_recognizer, make_batch, make_samples

from pipeline.registry import MODELS

WORDS = ['EXIT', 'cafe', '24.90', 'Nr.7', 'a', 'Platz', 'open', 'STOP!']
CONFIGS = sorted((REPOSITORY / 'configs' / 'recognition').glob('parseq-*_words.py'))


def read(model, texts: list[str]) -> list[str]:
    batch = model.data_preprocessor(make_batch(texts))
    with torch.no_grad():
        samples = model.eval()(**batch, mode='predict')
    return [sample.pred_text.item for sample in samples]


@pytest.fixture(scope='module')
def trained():
    """A small recognizer that is trained on eight drawn words."""
    model = build_recognizer().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    torch.manual_seed(0)
    for _ in range(150):
        batch = model.data_preprocessor(make_batch(WORDS), True)
        loss = model(**batch, mode='loss')['loss_plm']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


@pytest.mark.parametrize(
    ('decode_ar', 'refine_iters'), [(True, 0), (True, 1), (False, 0), (False, 2)]
)
def test_parseq_learns_eight_words_in_all_decoding_modes(trained, decode_ar, refine_iters):
    trained.decoder.decode_ar, trained.decoder.refine_iters = decode_ar, refine_iters
    assert read(trained, WORDS) == WORDS


def test_parseq_weights_round_trip(trained):
    file = io.BytesIO()
    torch.save(trained.state_dict(), file)
    file.seek(0)
    fresh = build_recognizer()
    assert read(fresh, WORDS) != WORDS
    fresh.load_state_dict(torch.load(file, weights_only=True))
    assert read(fresh, WORDS) == WORDS


def test_parseq_scores_learned_words_above_noise(trained):
    noise = torch.randint(0, 256, (1, 3, 32, 128), generator=torch.Generator().manual_seed(0))
    batch = trained.data_preprocessor({'inputs': noise, 'data_samples': make_samples([''])})
    learned = trained.data_preprocessor(make_batch(['EXIT']))
    with torch.no_grad():
        (unread,) = trained.eval()(**batch, mode='predict')
        (word,) = trained(**learned, mode='predict')
    assert len(word.pred_text.score) == 4
    assert 0 <= unread.pred_text.word_score < word.pred_text.word_score <= 1


def test_parseq_encoder_returns_tokens(trained):
    """Early fusion is applied to these (N, T, D) tokens."""
    crops = trained.data_preprocessor(make_batch(WORDS))['inputs']
    with torch.no_grad():
        tokens = trained.eval().encoder(trained.extract_feat(crops))
        probs = trained.decoder(None, tokens)
        assert tokens.shape == (8, 32, 64)
        assert torch.equal(probs, trained(crops, mode='tensor'))


def test_parseq_without_crops(trained):
    crops = torch.zeros(0, 3, 32, 128)
    with torch.no_grad():
        assert trained.eval()(crops, [], mode='predict') == []


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
def test_parseq_gives_the_same_result_on_the_gpu(trained):
    gpu = copy.deepcopy(trained).to('cuda')
    assert read(gpu, WORDS) == WORDS
    batch = gpu.data_preprocessor(make_batch(WORDS), True)
    gpu.train()(**batch, mode='loss')['loss_plm'].backward()
    assert all(parameter.grad.isfinite().all() for parameter in gpu.parameters())


def test_dictionary_has_the_charset_order_of_parseq():
    assert ''.join(ASCII94.read_text().split('\n')) == CHARS


def test_parseq_has_a_config_for_each_size():
    sizes = [path.stem for path in CONFIGS]
    assert sizes == [f'parseq-{size}_words' for size in ('base', 'compact', 'small', 'tiny')]


@pytest.mark.parametrize(
    ('size', 'millions'),
    [('tiny', 6.0), ('small', 23.8), ('compact', 2.6)],
)
def test_parseq_configs_have_the_expected_parameter_counts(size, millions):
    config = Config.fromfile(REPOSITORY / 'configs' / 'recognition' / f'parseq-{size}_words.py')
    with torch.device('meta'):
        model = MODELS.build(config.model)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_parseq_configs_train_all_parameters_and_read(path):
    config = Config.fromfile(path)
    # Width and depth change nothing about which parameters take part.
    config.model.encoder.update(embed_dim=48, depth=2, num_heads=3)
    config.model.decoder.update(embed_dim=48, num_heads=3)
    model = MODELS.build(config.model).train()
    model(**model.data_preprocessor(make_batch(WORDS), True), mode='loss')['loss_plm'].backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []
    assert all(isinstance(text, str) for text in read(model, ['ab', 'cd']))


def test_parseq_configs_ignore_invalid_texts_in_training():
    config = Config.fromfile(REPOSITORY / 'configs' / 'recognition' / 'parseq-compact_words.py')
    config.model.encoder.update(embed_dim=48, depth=1, num_heads=3)
    config.model.decoder.update(embed_dim=48, num_heads=3)
    model = MODELS.build(config.model).train()
    batch = model.data_preprocessor(make_batch(['x' * 26, 'ab']), True)
    assert model(**batch, mode='loss')['loss_plm'].isfinite()
