"""``clipter unpack-spotter``: the two parts of a spotter."""

from __future__ import annotations

import torch

from pipeline.cli import pack_spotter, unpack_spotter
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter


def test_unpacked_parts_pack_to_the_default(tmp_path, capsys):
    assert unpack_spotter.main(['--out', str(tmp_path / 'parts')]) == 0
    assert 'detector.pth' in capsys.readouterr().out
    packed = tmp_path / 'again.safetensors'
    arguments = [
        str(DEFAULT_CONFIG), '--out', str(packed),
        '--detector', str(tmp_path / 'parts/detector.pth'),
        '--recognizer', str(tmp_path / 'parts/recognizer.pth'),
    ]  # fmt: skip
    assert pack_spotter.main(arguments) == 0
    before, after = (
        TextSpotter.from_config(DEFAULT_CONFIG, checkpoint, as_trained=True)
        for checkpoint in (None, packed)
    )
    for name, value in before.state_dict().items():
        assert torch.equal(value, after.state_dict()[name]), name


def test_unpacked_part_loads_in_a_training_config(tmp_path):
    unpack_spotter.main(['--out', str(tmp_path)])
    whole = TextSpotter.from_config(DEFAULT_CONFIG, as_trained=True)
    state = torch.load(tmp_path / 'detector.pth', weights_only=True)['state_dict']
    assert set(state) == set(whole.detector.detector.state_dict())


def test_unpack_spotter_names_missing_weights(tmp_path, capsys):
    missing = str(tmp_path / 'none.safetensors')
    assert unpack_spotter.main(['--out', str(tmp_path / 'parts'), '--checkpoint', missing]) == 2
    assert missing in capsys.readouterr().err
    assert not (tmp_path / 'parts').exists()
