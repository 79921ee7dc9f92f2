"""What answers to ``mmcv._ext``."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import mmcv.ops
import pytest
import torch
from mmcv.utils import collect_env
from mmcv.utils.ext_loader import check_ops_exist

from pipeline.compat import mmcv_ext
from pipeline.compat.operators.missing import MissingOperatorError


def test_an_operator_that_is_not_supplied_names_itself_and_the_remedy() -> None:
    boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0]])
    with pytest.raises(MissingOperatorError, match='softnms') as error:
        mmcv.ops.soft_nms(boxes, torch.ones(1))
    assert error.value.operator == 'softnms'
    assert 'mmcv==2.0.1' in str(error.value)
    assert 'pip uninstall mmcv-lite' in str(error.value)


def test_every_operator_of_mmcv_can_be_looked_up() -> None:
    for name in ('roi_pool_forward', 'ms_deform_attn_forward', 'nms_rotated'):
        with pytest.raises(MissingOperatorError, match=name):
            getattr(mmcv_ext, name)()


def test_the_stand_in_passes_for_a_module() -> None:
    assert importlib.util.find_spec('mmcv._ext') is not None
    assert check_ops_exist()
    with pytest.raises(AttributeError):
        _ = mmcv_ext.__path__


def test_mmcv_says_that_nothing_was_compiled() -> None:
    environment = collect_env()
    assert environment['MMCV Compiler'] == 'n/a'
    assert environment['MMCV CUDA Compiler'] == 'n/a'


def test_a_compiled_mmcv_is_left_untouched(tmp_path: Path) -> None:
    package = tmp_path / 'mmcv'
    package.mkdir()
    (package / '__init__.py').write_text('')
    (package / '_ext.py').write_text('compiled = True\n')
    code = (
        'import sys\n'
        "sys.modules['pipeline'] = package = type(sys)('pipeline')\n"
        f'package.__path__ = [{str(Path(mmcv_ext.__file__).parents[1])!r}]\n'
        "sys.modules['pipeline.compat'] = compat = type(sys)('pipeline.compat')\n"
        f'compat.__path__ = [{str(Path(mmcv_ext.__file__).parent)!r}]\n'
        'from pipeline.compat.mmcv_operators import has_compiled_mmcv, supply_mmcv_operators\n'
        'assert has_compiled_mmcv()\n'
        'supply_mmcv_operators()\n'
        'from mmcv import _ext\n'
        'assert _ext.compiled\n'
    )
    run = subprocess.run(
        [sys.executable, '-c', code],
        env={'PYTHONPATH': str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
