import copy

import pytest
import torch
from context_models import (
    TINY_CLIP,
    forward,
    make_batch,
    make_model,
    texts_and_scores,
    words_alone,
)
from mmengine.registry import DefaultScope
from mmocr.models.textrecog.decoders import BaseDecoder
from mmocr_recognizers import satrn
from torch import nn

from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.fusion import MultiHeadCrossAttention
from pipeline.registry import MODELS
from pipeline.structures import SceneContext


@pytest.fixture(autouse=True)
def mmocr_scope():
    with DefaultScope.overwrite_default_scope('mmocr'):
        yield


# use_context; tests/clipter/test_every_recognizer_in_context.py tests the gate


def test_validation_without_context_gives_the_plain_output(dictionary):
    model, batch = make_model('SATRN', dictionary), make_batch()
    expected = texts_and_scores(forward(model.recognizer, words_alone(batch), 'predict'))
    assert texts_and_scores(forward(model, words_alone(batch), 'predict')) == expected
    model.use_context = False
    assert texts_and_scores(forward(model, batch, 'predict')) == expected
    assert texts_and_scores(model.val_step(copy.deepcopy(batch))) == expected


def test_use_context_false_does_not_run_the_encoder(dictionary):
    model = make_model('SATRN', dictionary, use_context=False)
    model.context_encoder.forward = None
    assert len(forward(model, make_batch(), 'predict')) == 4


# Words and their images


@pytest.mark.parametrize(('name', 'stage'), [('SATRN', 'early'), ('PARSeq', 'late')])
def test_crops_use_their_own_image_in_mixed_batches(name, stage, dictionary):
    # In training mode the output length does not depend on the predicted text.
    model = make_model(name, dictionary, stage=stage, dropout=0.0).train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    batch = make_batch(('abc', 'fed', 'hab', 'cab'))
    together = forward(model, batch)
    swapped = forward(model, {**batch, 'images': batch['images'][::-1]})
    both_swapped = forward(
        model, {**batch, 'images': batch['images'][::-1], 'image_index': 1 - batch['image_index']}
    )
    assert torch.allclose(together, both_swapped, atol=1e-5)
    for row in range(4):
        alone = {
            'inputs': batch['inputs'][row : row + 1],
            'data_samples': batch['data_samples'][row : row + 1],
            'images': [batch['images'][row % 2]],
            'image_index': [0],
        }
        assert torch.allclose(together[row : row + 1], forward(model, alone), atol=1e-4)
        assert not torch.allclose(together[row], swapped[row], atol=1e-4)


def test_each_image_is_encoded_once(dictionary):
    model, seen = make_model('SATRN', dictionary), []
    tower = model.context_encoder.tower
    encode = tower.forward_intermediates
    tower.forward_intermediates = lambda pixels, **options: (
        seen.append(len(pixels)) or encode(pixels, **options)
    )
    projections = []
    model.fusion.key_value.register_forward_hook(lambda _, args, __: projections.append(args[0]))
    batch = make_batch(('abc',) * 24, images=3)
    forward(model, batch, 'predict')
    assert sum(seen) == 3
    assert [len(tokens) for tokens in projections] == [3]


def test_late_fusion_projects_an_image_once(dictionary):
    model, calls, steps = make_model('PARSeq', dictionary, stage='late'), [], []
    model.fusion.key_value.register_forward_hook(lambda *_: calls.append(1))
    model.fusion.register_forward_hook(lambda *_: steps.append(1))
    forward(model, make_batch(), 'predict')
    assert len(calls) == 1
    assert len(steps) > 1


def test_explicit_context_equals_its_images(dictionary):
    model, batch = make_model('SATRN', dictionary), make_batch()
    context = SceneContext(model.encode_images(batch['images']), batch['image_index'])
    explicit = forward(model, words_alone(batch), context=context)
    assert torch.equal(explicit, forward(model, batch))


@pytest.mark.parametrize('stage', ['early', 'late'])
def test_context_tokens_replace_images(stage, dictionary):
    model, batch = make_model('PARSeq', dictionary, stage=stage), make_batch()
    cached = {**batch, 'context_tokens': model.encode_images(batch.pop('images'))}
    del cached['images']
    with_photos = make_batch()
    assert torch.equal(forward(model, cached), forward(model, with_photos))
    model.context_encoder.forward = None  # the tower must not run
    half = {**cached, 'context_tokens': cached['context_tokens'].half()}
    assert forward(model, half).dtype == torch.float32
    assert torch.allclose(forward(model, half), forward(model, cached), atol=1e-3)
    model.train()
    loss = forward(model, half, 'loss')['loss_plm']
    assert torch.allclose(loss, forward(model, cached, 'loss')['loss_plm'], atol=1e-3)


def test_recognizer_without_context_encoder_needs_context(dictionary):
    model = make_model('SATRN', dictionary, context_encoder=None)
    batch = words_alone(make_batch())
    context = SceneContext(torch.randn(1, 5, 24), torch.tensor([0, 0, -1, 0]))
    assert len(forward(model, batch, 'predict', context=context)) == 4
    with pytest.raises(ValueError, match='context_encoder=None'):
        forward(model, make_batch())


# Errors


def test_wrong_context_dim_names_the_encoder_and_the_fix(dictionary):
    fusion = {
        'type': 'MultiHeadCrossAttention',
        'embed_dim': 32,
        'context_dim': 512,
        'num_heads': 2,
    }
    encoder = {
        'type': 'ClipImageEncoder',
        'arch': 'ViT-B-32',
        'pretrained': None,
        'allow_random': True,
    }
    with pytest.raises(ValueError) as error:
        make_model('SATRN', dictionary, fusion=fusion, context_encoder=encoder)
    assert str(error.value) == (
        "context_dim=512, but ClipImageEncoder('ViT-B-32') yields 768-wide tokens. "
        'Set fusion.context_dim=768.'
    )


def test_context_dim_defaults_to_the_encoders_width(dictionary):
    fusion = {'type': 'MultiHeadCrossAttention', 'embed_dim': 32, 'num_heads': 2}
    model = make_model('SATRN', dictionary, fusion=fusion)
    assert model.fusion.context_dim == 24
    with pytest.raises(ValueError, match='context_dim must be given'):
        make_model('SATRN', dictionary, fusion=fusion, context_encoder=None)


def test_wrong_embed_dim_names_the_fix(dictionary):
    fusion = MultiHeadCrossAttention(embed_dim=48, context_dim=24, num_heads=2)
    model = make_model('SATRN', dictionary, fusion=fusion)
    with pytest.raises(ValueError, match=r'Set fusion\.embed_dim'):
        forward(model, make_batch())


def test_decoder_without_late_place_is_rejected(dictionary):
    plain = make_model('SATRN', dictionary).recognizer

    class NamelessDecoder(BaseDecoder):
        pass

    plain.decoder = NamelessDecoder({**dictionary, 'type': 'Dictionary'})
    with pytest.raises(ValueError, match=r"NamelessDecoder has no late place.*stage='early'"):
        make_model('SATRN', dictionary, recognizer=plain, stage='late')


def test_unknown_stage_is_rejected(dictionary):
    with pytest.raises(ValueError, match="'early' or 'late', got 'middle'"):
        make_model('CRNN', dictionary, stage='middle')


def test_other_recognizer_classes_are_rejected():
    with pytest.raises(ValueError, match='EncoderDecoderRecognizer'):
        ContextRecognizer(recognizer=nn.Linear(1, 1), fusion=nn.Identity())


def test_recognizer_with_overridden_predict_is_rejected(dictionary):
    plain = make_model('CRNN', dictionary).recognizer

    class OwnWay(type(plain)):
        def predict(self, inputs, data_samples, **kwargs):
            return []

    plain.__class__ = OwnWay
    with pytest.raises(ValueError, match=r'OwnWay overrides predict\(\)'):
        make_model('CRNN', dictionary, recognizer=plain)


def test_context_that_does_not_match_the_crops_is_rejected(dictionary):
    model, batch = make_model('SATRN', dictionary), make_batch()
    context = SceneContext(torch.zeros(1, 5, 24), torch.tensor([0]))
    with pytest.raises(ValueError, match='1 words, but inputs has 4'):
        forward(model, words_alone(batch), context=context)
    with pytest.raises(ValueError, match='got context and images'):
        forward(model, batch, context=context)
    with pytest.raises(ValueError, match='only one of them'):
        forward(model, {**words_alone(batch), 'images': batch['images']})
    with pytest.raises(ValueError, match='only one of them: image_index'):
        forward(model, {**words_alone(batch), 'image_index': batch['image_index']})
    with pytest.raises(ValueError, match='got images and context_tokens'):
        forward(model, {**batch, 'context_tokens': torch.zeros(2, 5, 24)})
    with pytest.raises(ValueError, match=r'\[-1, 2\)'):
        forward(model, {**batch, 'image_index': [0, 1, 2, 0]})
    with pytest.raises(ValueError, match='mode must be'):
        forward(model, batch, 'predcit')
    with pytest.raises(TypeError):
        forward(model, batch, contxt=context)


def test_building_does_not_modify_the_config(dictionary):
    config = {
        'type': 'ContextRecognizer',
        'recognizer': satrn(dictionary, 0.1),
        'context_encoder': copy.deepcopy(TINY_CLIP),
        'fusion': {'type': 'MultiHeadCrossAttention', 'embed_dim': 32, 'num_heads': 2},
    }
    before = copy.deepcopy(config)
    MODELS.build(config)
    assert config == before
