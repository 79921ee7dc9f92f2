from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn
from toy_scenes import write_clipter_config

from pipeline.clipter.fusion import TanhGate
from pipeline.engine.gate_log_hook import GateLogHook, gate_values
from pipeline.registry import MODELS

NAME = 'parseq-small_clip-vit-b32-kinf_gated-early_scenes.py'
RECIPE = Path(__file__).parents[2] / 'configs' / 'recognition' / NAME


def gates(**alphas: float) -> nn.Module:
    model = nn.Module()
    for name, alpha in alphas.items():
        model.add_module(name, TanhGate())
        nn.init.constant_(getattr(model, name).alpha, alpha)
    return model


def logged(model: nn.Module, name: str, iterations: int, interval: int) -> dict[str, list[float]]:
    hub = MessageHub(name)
    hook = GateLogHook(interval=interval)
    for i in range(iterations):
        hook.after_train_iter(SimpleNamespace(model=model, message_hub=hub, iter=i), i)
    return {key: buffer.data[0].tolist() for key, buffer in hub.log_scalars.items()}


def test_gate_log_names_a_single_gate_gate():
    values = logged(gates(fusion=0.5), 'one', iterations=1, interval=1)
    assert values == {'train/gate': [pytest.approx(torch.tanh(torch.tensor(0.5)).item())]}


def test_gate_log_names_several_gates_by_module():
    assert gate_values(gates(early=0.0, late=1.0)) == {
        'gate/early': 0.0, 'gate/late': pytest.approx(0.7616, abs=1e-4),
    }  # fmt: skip


def test_gate_log_reads_gates_every_interval():
    assert len(logged(gates(fusion=0.0), 'some', 10, 5)['train/gate']) == 2


def test_gate_log_without_gate_logs_nothing():
    assert logged(nn.Linear(1, 1), 'none', 3, 1) == {}


@pytest.mark.filterwarnings('ignore')
def test_recipes_set_lr_and_decay_of_the_gate(tmp_path):
    config = Config.fromfile(write_clipter_config(tmp_path))
    recipe = Config.fromfile(RECIPE)
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(config.model)
        wrapper = build_optim_wrapper(model, recipe.optim_wrapper)
    groups = {id(p): group for group in wrapper.param_groups for p in group['params']}
    gate, others = groups.pop(id(model.fusion.gate.alpha)), list(groups.values())
    base = recipe.optim_wrapper.optimizer
    assert gate['lr'] == pytest.approx(10 * base.lr)
    assert gate['weight_decay'] == 0
    assert {group['lr'] for group in others} == {base.lr}
    assert groups[id(model.fusion.query.weight)]['weight_decay'] == base.weight_decay
