"""Half precision, compiled graphs and resumed training of context recognizers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.runner import Runner
from mmocr_recognizers import write_charset
from small_recognizers import (
    PLACES,
    WORDS,
    build,
    make_scenes,
    make_words,
    mostly_slow,
    tensors,
)
from torch import nn

from pipeline.structures import SceneContext

pytestmark = pytest.mark.filterwarnings('ignore')
# These MMOCR decoders create masks or an initial state in float32, so they cannot run with float16
# weights, with or without context. Autocast works; it is tested for every recognizer.
FLOAT_ONLY = {'MASTER', 'ASTER', 'ABINet'}
HALVED = [(name, stage) for name, stage in PLACES if name not in FLOAT_ONLY]


@pytest.fixture(scope='module')
def letters(tmp_path_factory) -> dict[str, Any]:
    return write_charset(tmp_path_factory.mktemp('charset'))


@pytest.fixture
def batch() -> dict[str, Any]:
    return {**make_words(), **make_scenes(4)}


def halve(model: nn.Module, batch: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    data = model.to(dtype).data_preprocessor(batch, False)
    return {**data, 'inputs': data['inputs'].to(dtype)}


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16], ids=['fp16', 'bf16'])
@pytest.mark.parametrize(('name', 'stage'), mostly_slow(HALVED))
def test_half_precision_weights_predict_without_nan(name, stage, dtype, letters, batch):
    model = build(name, letters, stage=stage)
    data = halve(model, batch, dtype)
    with torch.no_grad():
        outputs = tensors(model(**data))
    assert all(output.dtype == dtype and torch.isfinite(output).all() for output in outputs)


@pytest.mark.parametrize(('name', 'stage'), [('NRTR', 'late'), ('SVTR', 'early')])
def test_closed_gate_is_exact_in_half_precision(name, stage, letters, batch):
    model = build(name, letters, stage=stage, alpha=0.0)
    data = halve(model, batch, torch.bfloat16)
    words = {key: data[key] for key in ('inputs', 'data_samples')}
    with torch.no_grad():
        assert torch.equal(model(**data), model(**words))


@pytest.mark.parametrize('name', sorted(FLOAT_ONLY))
def test_float32_only_recognizers_fail_without_context_too(name, letters, batch):
    model = build(name, letters)
    data = halve(model, batch, torch.bfloat16)
    with pytest.raises(RuntimeError, match='dtype'), torch.no_grad():
        model.recognizer(data['inputs'], data['data_samples'])


@pytest.mark.slow
@pytest.mark.parametrize('fusion', ['MH-CA', 'gated attention'])
def test_parseq_encoder_with_early_fusion_is_one_graph(fusion, letters, batch):
    model = build('PARSeq', letters, fusion=fusion)
    data = model.data_preprocessor(batch, False)
    torch._dynamo.reset()

    @torch.compile(backend='eager', fullgraph=True)
    def encode(crops: torch.Tensor, scene: Any) -> torch.Tensor:
        return model.fusion(model.recognizer.encoder(crops), scene)

    def compare(index: torch.Tensor) -> bool:
        scene = model.fusion.project_context(SceneContext(data['context_tokens'], index))
        expected = model.fusion(model.recognizer.encoder(data['inputs']), scene)
        return torch.allclose(encode(data['inputs'], scene), expected, atol=1e-6)

    with torch.no_grad():
        assert compare(torch.tensor([0, 1, 1, 0]))
        assert compare(torch.tensor([1, -1, 0, -1]))


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'stage'), [('PARSeq', 'early'), ('ViTSTR', 'late')])
def test_compiled_context_recognizer_predicts_the_same(name, stage, letters, batch):
    """Compiled to several graphs, alternately with and without context."""
    model = build(name, letters, stage=stage)
    torch._dynamo.reset()
    compiled = torch.compile(model, backend='eager')
    data = model.data_preprocessor(batch, False)
    words = {key: data[key] for key in ('inputs', 'data_samples')}
    other = {**data, 'image_index': torch.tensor([1, -1, 0, -1])}
    with torch.no_grad():
        for inputs in (words, data, words, other):
            assert torch.allclose(compiled(**inputs), model(**inputs), atol=1e-6)


def make_runner(letters: dict[str, Any], folder: Path, steps: int, resume: bool) -> Runner:
    sample = {**make_words(WORDS), **make_scenes(len(WORDS))}
    return Runner(
        model=build('NRTR', letters, stage='late', fusion='gated attention', alpha=0.0, dropout=0),
        work_dir=str(folder),
        train_dataloader={
            'dataset': [sample] * 64,
            'batch_size': 1,
            'num_workers': 0,
            'sampler': {'type': 'InfiniteSampler', 'shuffle': False},
            'collate_fn': lambda samples: samples[0],
        },
        train_cfg={'type': 'IterBasedTrainLoop', 'max_iters': steps},
        optim_wrapper={
            'type': 'OptimWrapper',
            'optimizer': {'type': 'AdamW', 'lr': 1e-3, 'weight_decay': 0.01},
            'paramwise_cfg': {
                'custom_keys': {'fusion.gate.alpha': {'lr_mult': 10.0, 'decay_mult': 0.0}}
            },
        },
        default_hooks={'checkpoint': {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 4}},
        default_scope='mmocr',
        randomness={'seed': 0},
        log_level='ERROR',
        resume=resume,
        experiment_name=f'{folder.name}-{steps}-{resume}',
    )


def test_training_resumes_from_a_checkpoint(letters, tmp_path):
    straight = make_runner(letters, tmp_path / 'straight', 8, resume=False).train()
    make_runner(letters, tmp_path / 'resumed', 4, resume=False).train()
    resumed = make_runner(letters, tmp_path / 'resumed', 8, resume=True).train()
    expected = straight.state_dict()
    assert expected['fusion.gate.alpha'] != 0
    assert expected.keys() == resumed.state_dict().keys()
    for key, value in resumed.state_dict().items():
        assert torch.equal(value, expected[key]), key
