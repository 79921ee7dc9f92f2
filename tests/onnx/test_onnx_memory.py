"""Peak memory of the detector in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_CODE = """
import numpy as np
from pipeline.onnx.spotter import OnnxTextSpotter

def mebibytes(field):
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))

spotter = OnnxTextSpotter.default(threads=1)
loaded = mebibytes('VmRSS')
spotter.detector.network(np.zeros((1, 704, 1280, 3), dtype=np.uint8))
print(mebibytes('VmRSS') - loaded)
"""


@pytest.mark.skipif(not Path('/proc/self/status').exists(), reason='requires /proc')
def test_detector_adds_less_than_150_mib_for_1280x720() -> None:
    done = subprocess.run([sys.executable, '-c', _CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # The arena keeps its buffers, so the current memory contains the peak.
    assert 50 < float(done.stdout) < 150
