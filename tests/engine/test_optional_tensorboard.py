from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from mmengine.logging import MMLogger

from pipeline.engine import OptionalTensorboardVisBackend


def test_optional_tensorboard_warns_once_if_not_installed(tmp_path, monkeypatch, capsys):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name: None if name == 'tensorboard' else find_spec(name)
    )
    MMLogger.get_instance('optional_tensorboard')
    backend = OptionalTensorboardVisBackend(str(tmp_path / 'vis'))
    backend.add_scalars({'loss': 1.0}, step=1)
    backend.add_image('words', np.zeros((4, 4, 3), np.uint8), step=1)
    backend.add_scalar('loss', 0.5, step=2)
    backend.close()
    (line,) = capsys.readouterr().out.splitlines()
    assert 'pip install tensorboard' in line
    assert not (tmp_path / 'vis').exists()


@pytest.mark.skipif(
    importlib.util.find_spec('tensorboard') is None, reason='TensorBoard is not installed'
)
def test_optional_tensorboard_writes_scalars_and_images(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    backend = OptionalTensorboardVisBackend(str(tmp_path))
    for step in (1, 2):
        backend.add_scalars({'loss': 1.0 / step, 'gate': 0.1 * step}, step=step)
    backend.add_image('train_readings', np.full((8, 8, 3), 200, np.uint8), step=2)
    backend.close()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [event.value for event in events.Scalars('loss')] == [1.0, 0.5]
    assert events.Images('train_readings')[0].step == 2
