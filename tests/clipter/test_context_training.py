"""ContextRecognizer: learning, checkpoints and half precision."""

import copy

import numpy as np
import pytest
import torch
from context_models import (
    PLACES,
    PLAIN,
    TINY_CLIP,
    forward,
    make_batch,
    make_model,
    words_alone,
)
from mmengine.config import ConfigDict
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, load_checkpoint
from mmengine.runner.checkpoint import get_state_dict
from mmocr_recognizers import satrn
from torch import nn

import pipeline
from pipeline.structures import SceneContext


@pytest.fixture(autouse=True)
def mmocr_scope():
    with DefaultScope.overwrite_default_scope('mmocr'):
        yield


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
        train_cfg={'type': 'IterBasedTrainLoop', 'max_iters': 60},
        optim_wrapper={
            'type': 'OptimWrapper',
            'optimizer': {'type': 'AdamW', 'lr': 3e-3, 'weight_decay': 0.01},
            'paramwise_cfg': {
                'custom_keys': {'fusion.gate.alpha': {'lr_mult': 10.0, 'decay_mult': 0.0}}
            },
        },
        default_hooks={'checkpoint': {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 60}},
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

    saved = torch.load(tmp_path / 'iter_60.pth', weights_only=True)['state_dict']
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
    config = {**satrn(dictionary, 0.1), 'init_cfg': init_cfg}
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
