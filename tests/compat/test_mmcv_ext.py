"""The replacement of ``mmcv._ext``."""

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


def test_missing_operator_error_names_operator_and_remedy() -> None:
    boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0]])
    with pytest.raises(MissingOperatorError, match='softnms') as error:
        mmcv.ops.soft_nms(boxes, torch.ones(1))
    assert error.value.operator == 'softnms'
    assert 'mmcv==2.0.1' in str(error.value)
    assert 'pip uninstall mmcv-lite' in str(error.value)


def test_mmcv_ext_contains_all_operators() -> None:
    for name in ('roi_pool_forward', 'ms_deform_attn_forward', 'nms_rotated'):
        with pytest.raises(MissingOperatorError, match=name):
            getattr(mmcv_ext, name)()


def test_mmcv_ext_behaves_as_a_module() -> None:
    assert importlib.util.find_spec('mmcv._ext') is not None
    assert check_ops_exist()
    with pytest.raises(AttributeError):
        _ = mmcv_ext.__path__


def test_collect_env_reports_no_compiler() -> None:
    environment = collect_env()
    assert environment['MMCV Compiler'] == 'n/a'
    assert environment['MMCV CUDA Compiler'] == 'n/a'


def test_supply_mmcv_operators_keeps_a_compiled_mmcv(tmp_path: Path) -> None:
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
