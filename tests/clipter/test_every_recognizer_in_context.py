"""Tests for every recognizer at the early and at the late place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from mmengine.runner import load_checkpoint
from mmengine.runner.checkpoint import get_state_dict
from mmocr_recognizers import write_charset
from small_recognizers import (
    FUSIONS,
    PLACES,
    RECOGNIZERS,
    WORDS,
    build,
    make_scenes,
    make_words,
    mostly_slow,
    readings,
    run,
    run_plain,
    tensors,
)
from torch import nn

from pipeline.engine.bfloat16_optim_wrapper import has_bfloat16_units
from pipeline.structures import SceneContext

pytestmark = pytest.mark.filterwarnings('ignore:dropout option adds dropout')
# Steps of the autoregressive decoders; the others decode in one pass. ABINet iterates twice.
STEPWISE = {
    'SATRN': 6,
    'NRTR': 6,
    'MASTER': 6,
    'SAR': 6,
    'SAR-sequential': 6,
    'RobustScanner': 6,
    'ASTER': 6,
    'ABINet': 2,
}
# The fusion does not change where it is inserted, so each recognizer and place has one fusion.
FUSED = [
    (name, stage, list(FUSIONS)[(number + late) % len(FUSIONS)])
    for number, name in enumerate(RECOGNIZERS)
    for late, stage in enumerate(('early', 'late'))
]


@pytest.fixture(scope='module')
def letters(tmp_path_factory) -> dict[str, Any]:
    return write_charset(tmp_path_factory.mktemp('charset'))


def make_batch(num_words: int = 4) -> dict[str, Any]:
    return {**make_words(WORDS[:num_words]), **make_scenes(num_words)}


def keep_words_apart(model: nn.Module) -> None:
    """Disable batch statistics and dropout, so that words do not depend on each other."""
    for module in model.modules():
        if isinstance(module, (nn.modules.batchnorm._BatchNorm, nn.Dropout)):
            module.eval()


@pytest.mark.parametrize(('name', 'stage', 'fusion'), FUSED)
def test_closed_gate_gives_the_plain_output(name, stage, fusion, letters):
    model = build(name, letters, stage=stage, fusion=fusion, alpha=0.0)
    batch = make_batch()
    batch['image_index'][2] = -1
    with torch.no_grad():
        for training in (True, False):  # training mode has dropout
            model.train(training)
            fused, plain = tensors(run(model, batch)), tensors(run_plain(model, batch))
            assert len(fused) == len(plain)
            assert all(torch.equal(a, b) for a, b in zip(fused, plain))
        assert readings(run(model, batch, 'predict')) == readings(
            run_plain(model, batch, 'predict')
        )


@pytest.mark.parametrize(('name', 'stage', 'fusion'), FUSED)
def test_alpha_learns_before_the_rest_of_the_fusion(name, stage, fusion, letters):
    model = build(name, letters, stage=stage, fusion=fusion, alpha=0.0).train()
    everything = {name for name, _ in model.fusion.named_parameters()}
    for alpha, learns in [(0.0, {'gate.alpha'}), (0.3, everything)]:
        nn.init.constant_(model.fusion.gate.alpha, alpha)
        model.zero_grad()
        model.parse_losses(run(model, make_batch(), 'loss'))[0].backward()
        parameters = dict(model.fusion.named_parameters())
        gradients = {key: p.grad for key, p in parameters.items() if p.grad is not None}
        assert {key for key, grad in gradients.items() if grad.any()} == learns


@pytest.mark.parametrize(('name', 'stage', 'fusion'), FUSED)
def test_crops_use_their_own_scene(name, stage, fusion, letters):
    """Training mode, where the output length does not depend on the predicted text."""
    model = build(name, letters, stage=stage, fusion=fusion, dropout=0.0).train()
    keep_words_apart(model)
    batch = {**make_words(('abc', 'fed', 'cab', 'egg')), **make_scenes(4)}
    batch['image_index'] = torch.tensor([1, 0, -1, 1])
    with torch.no_grad():
        together = tensors(run(model, batch))
        elsewhere = tensors(run(model, {**batch, 'image_index': torch.tensor([0, 1, -1, 0])}))
        for row in range(4):
            alone = {
                'inputs': batch['inputs'][row : row + 1],
                'data_samples': batch['data_samples'][row : row + 1],
                'context_tokens': batch['context_tokens'],
                'image_index': batch['image_index'][row : row + 1],
            }
            same = [
                torch.allclose(a[row], b[0], atol=2e-5)
                for a, b in zip(together, tensors(run(model, alone)))
            ]
            moved = [
                not torch.allclose(a[row], b[row], atol=1e-4) for a, b in zip(together, elsewhere)
            ]
            assert all(same)
            assert any(moved) == (row != 2)


@pytest.mark.parametrize(('name', 'stage'), mostly_slow(PLACES))
def test_inference_uses_the_scene_row_by_row(name, stage, letters):
    model, batch = build(name, letters, stage=stage), make_batch()
    index = torch.tensor([0, -1, 1, -1])
    with torch.no_grad():
        mixed = tensors(run(model, {**batch, 'image_index': index}))
        plain = tensors(run_plain(model, batch))
        everywhere = tensors(run(model, {**batch, 'image_index': index.clamp(min=0)}))
    for row in range(4):
        expected = everywhere if index[row] >= 0 else plain
        assert all(torch.allclose(a[row], b[row], atol=1e-5) for a, b in zip(mixed, expected))
        assert not torch.allclose(everywhere[0][row], plain[0][row], atol=1e-5)


@pytest.mark.parametrize(('name', 'stage'), mostly_slow(PLACES))
def test_images_are_projected_once_and_not_per_step(name, stage, letters):
    model, batch = build(name, letters, stage=stage), make_batch()
    projected, fused = [], []
    project, fuse = model.fusion.project_context, model.fusion.forward
    model.fusion.project_context = lambda scene: projected.append(scene) or project(scene)
    model.fusion.forward = lambda x, scene: fused.append(scene) or fuse(x, scene)
    with torch.no_grad():
        run(model, batch, 'predict')
    assert [len(scene.tokens) for scene in projected] == [2]
    assert not any(isinstance(scene, SceneContext) for scene in fused)
    if stage == 'early':
        assert len(fused) == 1
    elif not name.startswith('PARSeq'):  # PARSeq stops when all words have ended
        assert len(fused) == STEPWISE.get(name, 1)


@pytest.mark.parametrize('name', RECOGNIZERS)
def test_output_without_context_is_the_plain_output(name, letters):
    model, batch = build(name, letters), make_batch()
    with torch.no_grad():
        plain = readings(run_plain(model, batch, 'predict'))
        assert readings(run(model, make_words(), 'predict')) == plain
        model.use_context = False
        assert readings(run(model, batch, 'predict')) == plain


@pytest.mark.parametrize(('name', 'stage', 'fusion'), mostly_slow(FUSED))
def test_bf16_autocast_trains_and_predicts_without_nan(name, stage, fusion, letters):
    model, batch = build(name, letters, stage=stage, fusion=fusion).train(), make_batch()
    if any(isinstance(part, nn.LSTM) for part in model.modules()) and not has_bfloat16_units('cpu'):
        pytest.skip('no LSTM in bfloat16 on a CPU that does not compute in it')
    with torch.autocast('cpu', torch.bfloat16):
        loss, _ = model.parse_losses(run(model, batch, 'loss'))
        with torch.no_grad():
            outputs = tensors(run(model.eval(), batch))
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(output).all() for output in outputs)
    assert torch.isfinite(model.fusion.gate.alpha.grad)


@pytest.mark.parametrize(('name', 'stage'), mostly_slow(PLACES))
def test_checkpoint_restores_the_outputs(name, stage, letters, tmp_path):
    model, batch = build(name, letters, stage=stage), make_batch()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1)
    torch.save({'state_dict': get_state_dict(model)}, tmp_path / 'model.pth')
    fresh = build(name, letters, stage=stage)
    load_checkpoint(fresh, str(tmp_path / 'model.pth'), strict=True)
    with torch.no_grad():
        for a, b in zip(tensors(run(fresh, batch)), tensors(run(model, batch))):
            assert torch.equal(a, b)


@pytest.mark.parametrize('name', mostly_slow((name,) for name in RECOGNIZERS))
def test_plain_checkpoint_fits_the_wrapped_recognizer(name, letters):
    plain = build(name, letters).recognizer.state_dict()
    inside = {
        key.removeprefix('recognizer.')
        for key in build(name, letters).state_dict()
        if key.startswith('recognizer.')
    }
    assert inside == set(plain)
