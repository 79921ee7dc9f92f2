"""``clipter infer`` reports inputs that cannot be read, and wrong options."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from infer_results import errors, files, save

from pipeline.cli import infer

REPOSITORY = Path(__file__).parents[2]


def test_infer_reports_unreadable_inputs_and_continues(run, tmp_path):
    (tmp_path / 'empty.jpg').write_bytes(b'')
    (tmp_path / 'text.png').write_text('hello\nworld\n' * 50)
    (tmp_path / 'bare').mkdir()
    header = save(tmp_path / 'half.png', 'h').read_bytes()[:45]
    (tmp_path / 'half.png').write_bytes(header)
    (tmp_path / 'bad.pdf').write_bytes(b'%PDF-1.7 nothing')
    good = [save(tmp_path / f'good{i}.png', 'g') for i in range(2)]
    done = run(
        'missing.jpg', good[0], 'empty.jpg', 'text.png', 'bare', 'no*.jpg', 'half.png', 'bad.pdf',
        good[1], '--batch-size', 2, '--no-draw',
    )  # fmt: skip
    assert done.status == 1
    assert [line.split(' (')[0] for line in done.out] == [str(path) for path in good]
    told = errors(done.err)
    assert len(told) == 7
    for line, wanted in zip(
        told,
        [
            'missing.jpg: no such file',
            'empty.jpg: the file is empty',
            'text.png: not an image',
            'bare: no images in this folder',
            'no*.jpg: nothing matches',
            'half.png: damaged image',
            'bad.pdf: cannot read the PDF',
        ],
    ):
        assert wanted in line
    assert done.err[-1] == '7 of 9 inputs could not be read'
    assert files(tmp_path / 'results') == ['good0.json', 'good1.json']


def test_infer_reads_damaged_images_with_a_warning(run, tmp_path):
    path = save(tmp_path / 'cut.jpg', 'm')
    path.write_bytes(path.read_bytes()[:-2])
    done = run('cut.jpg', '--no-draw')
    assert done.status == 0 and done.out[0].startswith('cut.jpg (1 word')
    (line,) = done.err
    assert line.startswith('warning: cut.jpg: damaged image')
    assert run('cut.jpg', '--no-draw', '--quiet').err == []


def test_infer_strict_refuses_damaged_images(run, tmp_path):
    path = save(tmp_path / 'cut.jpg', 'm')
    path.write_bytes(path.read_bytes()[:-2])
    done = run('cut.jpg', '--no-draw', '--strict')
    assert (done.status, done.out) == (1, [])
    assert done.err[0].startswith('error: cut.jpg: damaged image')


def test_infer_loads_no_model_without_readable_inputs(run, monkeypatch):
    monkeypatch.setattr(infer, 'load_spotter', None)
    done = run('missing.jpg', '--quiet')
    assert (done.status, done.out, done.err) == (
        1,
        [],
        ['error: missing.jpg: no such file or folder'],
    )


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--context', 'on'], 'ColourReader has no scene context'),
        (['--words', 'english'], 'ColourReader has none'),
        (['--checkpoint', 'gone.pth'], 'no weights at gone.pth'),
        (['--checkpoint', 'a.png'], 'cannot read weights from a.png'),
        (['--out', 'a.png'], 'cannot write to a.png'),
    ],
)
def test_infer_reports_wrong_settings_in_one_line(run, tmp_path, options, message):
    done = run(save(tmp_path / 'a.png', 'b'), *options)
    assert done.status == 2
    (line,) = errors(done.err)
    assert message in line


def test_infer_rejects_a_config_without_spotter(tmp_path, capsys):
    photo = str(save(tmp_path / 'a.png', 'b'))
    detection = REPOSITORY / 'configs' / 'detection' / 'dbnet-compact_synth-ic15.py'
    for config, message in ((tmp_path / 'none.py', 'no config'), (detection, 'TextSpotter')):
        status = infer.main([photo, '--out', str(tmp_path / 'out'), '--config', str(config)])
        assert status == 2
        (line,) = errors(capsys.readouterr().err.splitlines())
        assert message in line


@pytest.mark.parametrize(
    'options',
    [
        ['--batch-size', '0'], ['--min-score', '2'], ['--format', 'xml'], ['--context', 'maybe'],
        ['--device', 'abacus'], ['--batch-size', 'many'],
    ],
)  # fmt: skip
def test_infer_rejects_values_out_of_range(options, capsys):
    with pytest.raises(SystemExit) as caught:
        infer.main(['a.png', *options])
    assert caught.value.code == 2
    assert options[0] in capsys.readouterr().err


@pytest.mark.parametrize('device', ['cuda', 'cuda:99', 'mps'])
def test_infer_rejects_a_missing_device(run, tmp_path, device):
    if device == 'cuda' and torch.cuda.is_available():
        pytest.skip('there is a CUDA device')
    if device == 'mps' and torch.backends.mps.is_available():
        pytest.skip('there is an Apple GPU')
    done = run(save(tmp_path / 'a.png', 'b'), '--device', device)
    assert done.status == 2
    (line,) = errors(done.err)
    assert device in line and ('Apple' if device == 'mps' else 'CUDA') in line
