"""Late fusion in decoders without a fusion argument."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from mmocr.models.textrecog.decoders import SVTRDecoder
from mmocr_recognizers import write_charset
from small_recognizers import (
    CONTEXT_DIM,
    RECOGNIZERS,
    WORDS,
    build,
    make_scenes,
    make_words,
    run,
    run_plain,
    tensors,
)
from torch import nn

from pipeline.clipter.fusion_places import (
    LatePlace,
    find_late_place,
    fuses_behind_backbone,
    late_embed_dim,
)
from pipeline.clipter.late_fusion import fuse_before

pytestmark = pytest.mark.filterwarnings('ignore')


@pytest.fixture(scope='module')
def letters(tmp_path_factory) -> dict[str, Any]:
    return write_charset(tmp_path_factory.mktemp('charset'))


@pytest.fixture
def batch() -> dict[str, Any]:
    return {**make_words(), **make_scenes(4)}


def test_fuse_before_changes_the_input_only_while_open():
    classifier, features = nn.Linear(3, 2), torch.randn(5, 3)
    other = copy.deepcopy(classifier)
    plain = classifier(features)
    with fuse_before(LatePlace(classifier), 5, lambda x: x + 1):
        assert torch.equal(classifier(features), other(features + 1))
        assert torch.equal(other(features), plain)
    assert torch.equal(classifier(features), plain)


def test_fuse_before_keeps_word_order_of_time_major_input():
    classifier, seen = nn.Identity(), []
    features = torch.arange(6.0).view(3, 2, 1).expand(-1, -1, 4)  # (T, N, D)
    place = LatePlace(classifier, time_major=True)
    with fuse_before(place, 2, lambda x: seen.append(x) or x):
        out = classifier(features.reshape(6, 4))
    assert torch.equal(seen[0], features.transpose(0, 1))  # (N, T, D)
    assert torch.equal(out, features.reshape(6, 4))


def test_fuse_before_closes_after_an_error():
    classifier, features = nn.Linear(3, 2), torch.randn(5, 3)
    plain = classifier(features)
    with pytest.raises(ZeroDivisionError), fuse_before(LatePlace(classifier), 5, lambda x: x / 0):
        1 / 0  # noqa: B018
    assert torch.equal(classifier(features), plain)


def test_fuse_before_fuses_once_after_repeated_use():
    classifier, features, calls = nn.Linear(3, 2), torch.randn(5, 3), []
    for _ in range(3):
        with fuse_before(LatePlace(classifier), 5, lambda x: calls.append(1) or x):
            classifier(features)
    assert len(calls) == 3


def test_fuse_before_fails_if_classifier_is_not_called():
    message = r'Linear, but the decoder did not call it.*late_place'
    with pytest.raises(RuntimeError, match=message), fuse_before(LatePlace(nn.Linear(1, 1)), 1, id):
        pass


def test_late_fusion_uses_own_scene_in_each_thread(letters, batch):
    model = build('NRTR', letters, stage='late')
    data = model.data_preprocessor(batch, False)
    scenes = [{**data, 'context_tokens': torch.randn(2, 5, CONTEXT_DIM)} for _ in range(6)]
    scenes.append(
        {key: data[key] for key in ('inputs', 'data_samples')}
    )  # one batch without context

    def read(scene: dict[str, Any]) -> torch.Tensor:
        with torch.no_grad():
            return model(**scene)

    one_by_one = [read(scene) for scene in scenes]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(read, scenes * 3))
    assert all(torch.equal(a, b) for a, b in zip(together, one_by_one * 3))


def test_late_fusion_leaves_the_plain_recognizer_unchanged(letters, batch):
    model = build('ASTER', letters, stage='late')
    with torch.no_grad():
        before = run_plain(model, batch)
        assert not torch.allclose(run(model, batch), before)
        assert torch.equal(run_plain(model, batch), before)


@pytest.mark.parametrize('copied', [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_late_fusion_copies_are_independent(copied, letters, batch):
    """Deep copies, as MMEngine's moving averages make them."""
    model = build('SVTR', letters, stage='late')
    with torch.no_grad():
        expected = run(model, batch)
        twin = copied(model)
        assert torch.equal(run(twin, batch), expected)
        nn.init.zeros_(twin.fusion.gate.alpha)
        assert torch.equal(run(twin, batch), run_plain(model, batch))
        assert torch.equal(run(model, batch), expected)


def test_late_fusion_works_with_a_replaced_classifier(letters, batch):
    """A replaced classifier, as in fine-tuning for another charset."""
    model = build('SVTR', letters, stage='late')
    with torch.no_grad():
        run(model, batch)
        model.recognizer.decoder.decoder = nn.Linear(32, 7)
        assert not torch.allclose(run(model, batch), run_plain(model, batch))


def test_abinet_fuses_at_the_joint_classifier(letters, batch):
    model = build('ABINet', letters, stage='late', dropout=0.0).train()
    assert find_late_place(model.recognizer.decoder).classifier is model.recognizer.decoder.cls
    for module in model.modules():
        if isinstance(module, (nn.Dropout, nn.BatchNorm2d)):
            module.eval()
    with torch.no_grad():
        fused, plain = run(model, batch), run_plain(model, batch)
    assert torch.equal(fused['out_vis']['logits'], plain['out_vis']['logits'])
    assert torch.equal(fused['out_langs'][0]['logits'], plain['out_langs'][0]['logits'])
    for second in ('out_fusers', 'out_langs'):  # the language model's input is the fused output
        assert not torch.allclose(fused[second][1]['logits'], plain[second][1]['logits'])


def test_abinet_without_language_model_fuses_at_vision(letters):
    decoder = build('ABINet-vision', letters, stage='late').recognizer.decoder
    assert find_late_place(decoder).classifier is decoder.vision_decoder.cls


@pytest.mark.parametrize('name', ['SAR', 'SAR-sequential', 'RobustScanner'])
def test_early_fusion_changes_all_inputs_of_the_decoder(name, letters, batch):
    """Decoders that read the backbone's map next to the encoder's output."""
    model, seen = build(name, letters), {}
    decode = model.recognizer.decoder.forward
    model.recognizer.decoder.forward = lambda *args: seen.update(args=args[:2]) or decode(*args)
    with torch.no_grad():
        run(model, batch)
        fused = seen['args']
        run_plain(model, batch)
    for features, plain in zip(fused, seen['args']):
        assert features.shape == plain.shape
        assert not torch.allclose(features, plain, atol=1e-3)


def test_early_place_depends_on_the_decoder(letters):
    behind = {
        name for name in RECOGNIZERS if fuses_behind_backbone(build(name, letters).recognizer)
    }
    without_encoder = {'CRNN', 'CRNN-recurrent', 'MASTER'}
    assert behind == without_encoder | {'SAR', 'SAR-sequential', 'RobustScanner', 'PP-OCRv6'}


def test_custom_decoder_sets_its_places(letters, batch):
    class Own(nn.Module):
        early_place, late_place = 'backbone', 'head.1'

        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Sequential(nn.ReLU(), nn.Linear(32, 5))

        def forward(self, feat: Any, out_enc: torch.Tensor, data_samples: Any) -> torch.Tensor:
            return self.head(out_enc.squeeze(2).transpose(1, 2))

        loss = predict = forward

    plain = build('SVTR', letters).recognizer
    plain.decoder = Own()
    assert fuses_behind_backbone(plain)
    model = build('SVTR', letters, stage='late', recognizer=plain)
    with torch.no_grad():
        assert not torch.allclose(run(model, batch), run_plain(model, batch))


def test_missing_late_place_is_rejected(letters):
    decoder = build('SVTR', letters).recognizer.decoder
    decoder.late_place = 'haed'
    with pytest.raises(ValueError, match=r'SVTRDecoder has no late place'):
        find_late_place(decoder)
    assert isinstance(decoder, SVTRDecoder)


@pytest.mark.parametrize('name', RECOGNIZERS)
def test_late_embed_dim_defaults_to_the_decoders_width(name, letters):
    fusion = {'type': 'GatedAttention', 'context_dim': CONTEXT_DIM}
    model = build(name, letters, stage='late', fusion_config=fusion)
    expected = RECOGNIZERS[name][2]
    assert model.fusion.embed_dim == late_embed_dim(model.recognizer.decoder) == expected
    with pytest.raises(ValueError, match=rf'Set fusion\.embed_dim={expected}\.'):
        build(name, letters, stage='late', fusion_config={**fusion, 'embed_dim': expected + 8})


def test_early_embed_dim_must_be_given(letters):
    fusion = {'type': 'GatedAttention', 'context_dim': CONTEXT_DIM}
    with pytest.raises(ValueError, match=r'fusion\.embed_dim must be given'):
        build('SVTR', letters, fusion_config=fusion)


def test_late_fusion_rejects_replicated_words(letters, batch):
    """With several hypotheses per word, the scene of each row would be unknown."""
    model = build('ASTER', letters, stage='late')
    fc = model.recognizer.decoder.fc
    model.recognizer.decoder.forward = lambda feat, enc, samples: fc(torch.zeros(8, 24))
    with pytest.raises(ValueError, match='one entry for each of 8 words'):
        run(model, batch)


def test_late_fusion_works_with_a_single_word(letters):
    words = {**make_words(WORDS[:1]), **make_scenes(1, images=1)}
    for name in RECOGNIZERS:
        model = build(name, letters, stage='late')
        with torch.no_grad():
            assert all(torch.isfinite(t).all() for t in tensors(run(model, words)))
