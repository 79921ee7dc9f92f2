import copy
import math

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, load_checkpoint
from mmengine.runner.checkpoint import get_state_dict
from mmengine.structures import LabelData
from mmocr.models.textrecog.decoders import BaseDecoder
from mmocr.structures import TextRecogDataSample
from torch import nn

import pipeline
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.fusion import MultiHeadCrossAttention
from pipeline.registry import MODELS
from pipeline.structures import SceneContext

OPEN = math.atanh(0.5)
TINY_CLIP = {
    'type': 'ClipImageEncoder',
    'arch': {
        'embed_dim': 16,
        'vision_cfg': {
            'image_size': 16,
            'layers': 1,
            'width': 24,
            'patch_size': 8,
            'head_width': 12,
        },
    },
    'pretrained': None,
    'allow_random': True,
}
NUM_CHARS = 8


@pytest.fixture(autouse=True)
def mmocr_scope():
    with DefaultScope.overwrite_default_scope('mmocr'):
        yield


@pytest.fixture(scope='module')
def dictionary(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp('dict') / 'charset.txt'
    path.write_text('\n'.join('abcdefgh'[:NUM_CHARS]))
    return {'type': 'Dictionary', 'dict_file': str(path), 'with_padding': True}


def crnn(dictionary: dict, dropout: float) -> dict:
    """A recognizer without encoder: the decoder reads the backbone's (N, 512, 1, W)."""
    return {
        'type': 'CRNN',
        'backbone': {'type': 'MiniVGG', 'leaky_relu': False, 'input_channels': 3},
        'decoder': {
            'type': 'CRNNDecoder',
            'in_channels': 512,
            'rnn_flag': False,
            'module_loss': {'type': 'CTCModuleLoss', 'letter_case': 'lower'},
            'postprocessor': {'type': 'CTCPostProcessor'},
            'dictionary': dictionary,
        },
        'data_preprocessor': {
            'type': 'TextRecogDataPreprocessor',
            'mean': [127.5] * 3,
            'std': [127.5] * 3,
        },
    }


def satrn(dictionary: dict, dropout: float = 0.1) -> dict:
    """A recognizer with a transformer encoder: (N, T, D)."""
    return {
        'type': 'SATRN',
        'backbone': {'type': 'ShallowCNN', 'input_channels': 3, 'hidden_dim': 32},
        'encoder': {
            'type': 'SATRNEncoder',
            'n_layers': 1,
            'n_head': 2,
            'd_k': 16,
            'd_v': 16,
            'd_model': 32,
            'n_position': 100,
            'd_inner': 64,
            'dropout': dropout,
        },
        'decoder': {
            'type': 'NRTRDecoder',
            'n_layers': 1,
            'd_embedding': 32,
            'n_head': 2,
            'd_model': 32,
            'd_inner': 64,
            'd_k': 16,
            'd_v': 16,
            'module_loss': {'type': 'CEModuleLoss', 'flatten': True, 'ignore_first_char': True},
            'dictionary': {
                **dictionary,
                'with_unknown': True,
                'same_start_end': True,
                'with_start': True,
                'with_end': True,
            },
            'dropout': dropout,
            'max_seq_len': 6,
            'postprocessor': {'type': 'AttentionPostprocessor'},
        },
        'data_preprocessor': {
            'type': 'TextRecogDataPreprocessor',
            'mean': [127.5] * 3,
            'std': [127.5] * 3,
        },
    }


def parseq(dictionary: dict, dropout: float) -> dict:
    """This package's PARSeq: no backbone, and a decoder with ``fuse_features``."""
    return {
        'type': 'PARSeq',
        'encoder': {
            'type': 'ViTEncoder',
            'img_size': (32, 64),
            'embed_dim': 32,
            'depth': 1,
            'num_heads': 2,
        },
        'decoder': {
            'type': 'PARSeqDecoder',
            'embed_dim': 32,
            'num_heads': 2,
            'dropout': dropout,
            'max_label_length': 5,
            'module_loss': {'type': 'PermutationLanguageModelLoss', 'perm_num': 2},
            'dictionary': {**dictionary, 'with_start': True, 'with_end': True},
            'postprocessor': {'type': 'PARSeqPostprocessor'},
        },
        'data_preprocessor': {'type': 'CropDataPreprocessor', 'bgr_to_rgb': True},
    }


PLAIN = {'CRNN': (crnn, 512), 'SATRN': (satrn, 32), 'PARSeq': (parseq, 32)}
PLACES = [('CRNN', 'early'), ('SATRN', 'early'), ('PARSeq', 'early'), ('PARSeq', 'late')]


def make_model(
    name: str, dictionary: dict, alpha: float = OPEN, dropout: float = 0.1, **changes
) -> ContextRecognizer:
    torch.manual_seed(0)
    build, embed_dim = PLAIN[name]
    config = {
        'type': 'ContextRecognizer',
        'recognizer': build(dictionary, dropout),
        'context_encoder': TINY_CLIP,
        'fusion': {
            'type': 'MultiHeadCrossAttention',
            'embed_dim': embed_dim,
            'context_dim': 24,
            'num_heads': 2,
            'size': 'mini',
        },
        **changes,
    }
    model = MODELS.build(config)
    nn.init.constant_(model.fusion.gate.alpha, alpha)
    return model.eval()


def make_batch(texts: tuple[str, ...] = ('abc', 'fed', 'ha', 'cab'), images: int = 2) -> dict:
    rng = np.random.default_rng(0)
    samples = []
    for text in texts:
        sample = TextRecogDataSample(gt_text=LabelData(item=text))
        sample.set_metainfo({'valid_ratio': 1.0, 'img_shape': (32, 64)})
        samples.append(sample)
    crops = rng.integers(0, 256, (len(texts), 3, 32, 64), dtype=np.uint8)
    return {
        'inputs': list(torch.from_numpy(crops)),
        'data_samples': samples,
        'images': [rng.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(images)],
        'image_index': torch.tensor([i % images for i in range(len(texts))]),
    }


def forward(model: nn.Module, batch: dict, mode: str = 'tensor', **changes):
    """Run the steps of ``BaseModel``, with changes to the batch after the preprocessor."""
    data = model.data_preprocessor(copy.deepcopy(batch), model.training)
    torch.manual_seed(7)
    return model(**{**data, **changes}, mode=mode)


def words_alone(batch: dict) -> dict:
    return {key: batch[key] for key in ('inputs', 'data_samples')}


def texts_and_scores(samples: list) -> list:
    return [(sample.pred_text.item, sample.pred_text.score) for sample in samples]


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


# Learning


@pytest.mark.parametrize(('name', 'stage'), PLACES)
def test_alpha_learns_before_attention_and_encoder_never(name, stage, dictionary):
    for alpha, learns in [(0.0, {'gate.alpha'}), (0.1, None)]:
        model = make_model(name, dictionary, alpha=alpha, stage=stage).train()
        before = {k: v.clone() for k, v in model.context_encoder.tower.state_dict().items()}
        losses = forward(model, make_batch(), 'loss')
        model.parse_losses(losses)[0].backward()
        moved = {
            name
            for name, p in model.fusion.named_parameters()
            if p.grad is not None and p.grad.abs().sum() > 0
        }
        assert moved == (learns or {name for name, _ in model.fusion.named_parameters()})
        assert all(p.grad is None for p in model.context_encoder.tower.parameters())
        after = model.context_encoder.tower.state_dict()
        assert all(torch.equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize('stage', ['early', 'late'])
def test_decode_of_extracted_features_equals_forward(stage, dictionary):
    model = make_model('PARSeq', dictionary, stage=stage).eval()
    batch = model.data_preprocessor(make_batch())
    context = SceneContext(model.encode_images(batch['images']), batch['image_index'])
    inputs, samples = batch['inputs'], batch['data_samples']
    with torch.no_grad():
        extracted = model.extract(inputs, samples)
        for given in (context, None):
            again = model.decode(extracted, samples, 'tensor', given)
            assert torch.equal(again, model(inputs, samples, mode='tensor', context=given))


def test_recognizer_that_is_not_trained_stays_as_it_is(dictionary):
    model = make_model('CRNN', dictionary, train_recognizer=False).train()
    assert {m for m in model.recognizer.modules() if m.training} == {model.recognizer.decoder}
    before = {name: value.clone() for name, value in model.recognizer.state_dict().items()}
    model.parse_losses(forward(model, make_batch(), 'loss'))[0].backward()
    assert all(parameter.grad is None for parameter in model.recognizer.parameters())
    assert model.fusion.gate.alpha.grad is not None
    for name, value in model.recognizer.state_dict().items():
        assert torch.equal(value, before[name])


def test_alpha_can_have_its_own_lr_and_no_decay(dictionary):
    model = make_model('SATRN', dictionary)
    wrapper = build_optim_wrapper(
        model,
        ConfigDict(
            type='OptimWrapper',
            optimizer={'type': 'AdamW', 'lr': 1e-3, 'weight_decay': 0.05},
            paramwise_cfg={
                'custom_keys': {'fusion.gate.alpha': {'lr_mult': 10.0, 'decay_mult': 0.0}}
            },
        ),
    )
    groups = wrapper.optimizer.param_groups
    (own,) = [g for g in groups if any(p is model.fusion.gate.alpha for p in g['params'])]
    assert (own['lr'], own['weight_decay']) == (pytest.approx(1e-2), 0)
    assert {g['weight_decay'] for g in groups if g is not own} == {0.05}
    tower = {id(p) for p in model.context_encoder.tower.parameters()}
    assert not any(id(p) in tower for g in groups for p in g['params'])


class TwoScenes(torch.utils.data.Dataset):
    """One crop with two texts, each with its own image: only the scene determines the text."""

    def __init__(self) -> None:
        batch = make_batch(('abc', 'fed'))
        self.samples = [
            {
                'inputs': [batch['inputs'][0]],
                'data_samples': [batch['data_samples'][row]],
                'image': np.full((20, 30, 3), 40 + 170 * row, dtype=np.uint8),
            }
            for row in range(2)
        ]

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> dict:
        return copy.deepcopy(self.samples[index])


@pytest.mark.parametrize('stage', ['early', 'late'])
def test_runner_trains_it_to_distinguish_two_scenes(stage, dictionary, tmp_path):
    assert pipeline  # the import registers the modules of the configs
    model = make_model('PARSeq', dictionary, alpha=0.0, stage=stage)
    loader = {
        'dataset': TwoScenes(),
        'batch_size': 2,
        'num_workers': 0,
        'sampler': {'type': 'InfiniteSampler', 'shuffle': False},
        'collate_fn': {'type': 'collate_scene_words'},
    }
    runner = Runner(
        model=model,
        work_dir=str(tmp_path),
        train_dataloader=loader,
        train_cfg={'type': 'IterBasedTrainLoop', 'max_iters': 120},
        optim_wrapper={
            'type': 'OptimWrapper',
            'optimizer': {'type': 'AdamW', 'lr': 3e-3, 'weight_decay': 0.01},
            'paramwise_cfg': {
                'custom_keys': {'fusion.gate.alpha': {'lr_mult': 10.0, 'decay_mult': 0.0}}
            },
        },
        default_hooks={
            'checkpoint': {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 120}
        },
        default_scope='mmocr',
        randomness={'seed': 0},
        log_level='ERROR',
        experiment_name=f'two-scenes-{stage}',
    )
    runner.train()
    batch = make_batch(('abc', 'fed'))
    scenes = TwoScenes().samples
    batch['inputs'] = [batch['inputs'][0]] * 2
    batch['images'] = [scene['image'] for scene in scenes]
    model.eval()
    read = [sample.pred_text.item for sample in forward(model, batch, 'predict')]
    swapped = {**batch, 'images': batch['images'][::-1]}
    misled = [sample.pred_text.item for sample in forward(model, swapped, 'predict')]
    assert read == ['abc', 'fed']
    assert misled == ['fed', 'abc']
    assert abs(model.fusion.gate.openness) > 0.05

    saved = torch.load(tmp_path / 'iter_120.pth', weights_only=True)['state_dict']
    fresh = make_model('PARSeq', dictionary, stage=stage)
    fresh.load_state_dict(saved, strict=True)
    assert torch.equal(forward(fresh, batch), forward(model, batch))


@pytest.mark.parametrize('name', list(PLAIN))
def test_mmengine_checkpoint_has_no_tower_and_loads_strictly(name, dictionary, tmp_path):
    model, batch = make_model(name, dictionary, alpha=0.7), make_batch()
    nn.init.normal_(model.fusion.out.weight)
    state = get_state_dict(model)
    context_keys = [key for key in state if key.startswith('context_encoder.')]
    assert context_keys == ['context_encoder.identity']
    torch.save({'state_dict': state}, tmp_path / 'model.pth')
    fresh = make_model(name, dictionary)
    load_checkpoint(fresh, str(tmp_path / 'model.pth'), strict=True)
    assert torch.equal(forward(fresh, batch), forward(model, batch))

    other = make_model(name, dictionary, context_encoder={**TINY_CLIP, 'seed': 1})
    with pytest.raises(ValueError, match='made with the context encoder'):
        load_checkpoint(other, str(tmp_path / 'model.pth'))


def test_init_weights_does_not_change_tower_or_gate(dictionary):
    model = make_model('SATRN', dictionary, alpha=0.0)
    before = copy.deepcopy(model.context_encoder.tower.state_dict())
    model.init_weights()
    after = model.context_encoder.tower.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert model.fusion.gate.alpha.item() == 0


def test_plain_checkpoint_loads_into_the_wrapped_recognizer(dictionary, tmp_path):
    plain = make_model('SATRN', dictionary).recognizer
    with torch.no_grad():
        plain.decoder.classifier.bias.fill_(3.0)
    torch.save({'state_dict': plain.state_dict()}, tmp_path / 'plain.pth')
    init_cfg = {'type': 'Pretrained', 'checkpoint': str(tmp_path / 'plain.pth')}
    config = {**satrn(dictionary), 'init_cfg': init_cfg}
    model = make_model('SATRN', dictionary, alpha=0.0, recognizer=config)
    model.init_weights()
    batch = make_batch()
    assert torch.equal(forward(model.eval(), batch), forward(plain, words_alone(batch)))


# Half precision


@pytest.mark.parametrize(('name', 'stage'), [('SATRN', 'early'), ('PARSeq', 'late')])
def test_closed_gate_is_exact_under_autocast(name, stage, dictionary):
    model, batch = make_model(name, dictionary, alpha=0.0, stage=stage), make_batch()
    with torch.autocast('cpu', torch.bfloat16):
        augmented = forward(model, batch)
        plain = forward(model.recognizer, words_alone(batch))
    assert torch.equal(augmented, plain)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize(('name', 'stage'), PLACES)
def test_closed_gate_is_exact_on_a_gpu(name, stage, dictionary):
    model = make_model(name, dictionary, alpha=0.0, stage=stage).to('cuda')
    batch = make_batch()
    batch['image_index'] = torch.tensor([0, -1, 1, 0])
    assert torch.equal(forward(model, batch), forward(model.recognizer, words_alone(batch)))


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
        'recognizer': satrn(dictionary),
        'context_encoder': copy.deepcopy(TINY_CLIP),
        'fusion': {'type': 'MultiHeadCrossAttention', 'embed_dim': 32, 'num_heads': 2},
    }
    before = copy.deepcopy(config)
    MODELS.build(config)
    assert config == before
