"""What ``import pipeline`` imports, and that each package can be imported first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pipeline
from pipeline import ImageReadError, TextSpotter, Word
from pipeline.spotter import TextSpotter as SpotterOfModule

ROOT = Path(pipeline.__file__).parents[1]


def run_python(code: str) -> str:
    """Standard output of a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_pipeline_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'cv2', 'numpy', 'mmengine', 'mmocr', 'pipeline.compat', 'pipeline.spotter'}"
    printed = run_python(f'import sys, pipeline; print(sorted({heavy} & set(sys.modules)))')
    assert printed == '[]\n'


# One package per layer; the others import these first.
@pytest.mark.parametrize(
    'name',
    [
        'detection.text_detector',
        'recognition.parseq',
        'registry',
        'torch_spotter',
        'onnx.export',
        'analysis.spotter_subject',
    ],
)
def test_package_can_be_imported_first(name: str) -> None:
    code = f'import pipeline.{name}, mmocr.models, sys; print("pipeline.compat" in sys.modules)'
    assert run_python(code) == 'True\n'


def test_public_names_are_those_of_their_modules() -> None:
    assert pipeline.TextSpotter is TextSpotter is SpotterOfModule
    assert {'ImageReadError', 'TextSpotter', 'Word'} <= set(dir(pipeline))
    assert issubclass(ImageReadError, Exception) and Word.__name__ == 'Word'


def test_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match='Spotter'):
        _ = pipeline.Spotter
