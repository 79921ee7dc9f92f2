"""The training recipe for PARSeq's real-data LMDBs, with generated LMDBs of that layout."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim.scheduler import OneCycleLR
from mmengine.registry import DefaultScope
from parseq_words import REPOSITORY
from PIL import Image

from pipeline.cli.preflight import find_missing_files
from pipeline.datasets.converters.catalog import DATASETS as CATALOG
from pipeline.datasets.converters.prepare import prepare_dataset
from pipeline.registry import DATASETS, MODELS, TRANSFORMS

# train/real and val as Datasets.md of github.com/baudm/parseq shows them.
TREE = {
    'train/real': {
        'ArT': 'train val',
        'COCOv2.0': 'train val',
        'LSVT': 'test train val',
        'MLT19': 'test train val',
        'OpenVINO': 'train_1 train_2 train_5 train_f validation',
        'RCTW17': 'test train val',
        'ReCTS': 'test train val',
        'TextOCR': 'train val',
        'Uber': 'train val',
    },
    'val': {'IC13': '', 'IC15': '', 'IIIT5k': '', 'SVT': ''},
    'test': {'IIIT5k': '', 'SVT': ''},
}


@pytest.fixture
def config() -> Config:
    return Config.fromfile(REPOSITORY / 'configs' / 'recognition' / 'parseq-small_real-lmdb.py')


def write_tree(root: Path) -> None:
    lmdb = pytest.importorskip('lmdb')
    crop = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (20, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(crop, 'jpeg')
    for top, sets in TREE.items():
        for name, parts in sets.items():
            for part in parts.split() or ['']:
                folder = root / top / name / part
                folder.mkdir(parents=True)
                database = lmdb.open(str(folder), map_size=1 << 20)
                with database, database.begin(write=True) as writer:
                    writer.put(b'num-samples', b'1')
                    writer.put(b'label-000000001', b'Word')
                    writer.put(b'image-000000001', crop.getvalue())


def test_lmdb_recipe_trains_on_all_sets_but_benchmarks(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = tmp_path / 'data' / 'word_crops' / 'parseq'
    write_tree(root)
    wanted = [line.split('no annotation at ')[1] for line in find_missing_files(config)]
    assert len(wanted) == 25 + 4

    list(prepare_dataset(CATALOG['word-lmdb'], root, splits=['train_real', 'val']))
    assert find_missing_files(config) == []
    written = {path.name for path in root.glob('*.json')}
    assert written == {Path(line.split(' (')[0]).name for line in wanted}
    assert not any(name.startswith('textrecog_test') for name in written)

    with DefaultScope.overwrite_default_scope('mmocr'):
        train = DATASETS.build(config.train_dataloader.dataset)
        val = DATASETS.build(config.val_dataloader.dataset)
    assert (len(train), len(val)) == (25, 4)
    for sample in [*train, *val]:
        assert sample['inputs'].shape == (3, 32, 128)
        assert sample['data_samples'].gt_text.item == 'Word'


def test_lmdb_recipe_resizes_as_the_authors(config):
    """Bicubic and antialiased, by Pillow, for any order of channels."""
    crop = np.random.default_rng(0).integers(0, 256, (61, 307, 3), dtype=np.uint8)
    steps = config.val_dataloader.dataset.datasets[0].pipeline
    resize = next(step for step in steps if step.type == 'Resize')
    with DefaultScope.overwrite_default_scope('mmocr'):
        resized = TRANSFORMS.build(resize)({'img': crop})['img']
    wanted = Image.fromarray(crop[..., ::-1]).resize((128, 32), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(resized[..., ::-1], np.asarray(wanted))


def test_lmdb_recipe_learning_rate_schedule(config):
    (cycle,) = (dict(entry) for entry in config.param_scheduler)
    assert cycle.pop('type') == 'OneCycleLR'
    assert (cycle['total_steps'], config.train_cfg.max_iters) == (169_680, 169_680)
    assert cycle['end'] == 0.75 * cycle['total_steps']
    steps = cycle['total_steps'] = cycle['total_steps'] // 404
    cycle['end'] //= 404

    def optimizer() -> torch.optim.Optimizer:
        return torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=cycle['eta_max'])

    ours, theirs = optimizer(), optimizer()
    schedule = OneCycleLR(ours, **cycle)
    reference = torch.optim.lr_scheduler.OneCycleLR(
        theirs, cycle['eta_max'], steps, pct_start=0.075, cycle_momentum=False
    )
    for step in range(steps):
        rate = ours.param_groups[0]['lr']
        if step < cycle['end']:
            last = theirs.param_groups[0]['lr']
        assert rate == pytest.approx(last)
        ours.step(), theirs.step(), schedule.step()
        if step < cycle['end']:
            reference.step()
    assert 0.1 < rate / cycle['eta_max'] < 0.2


def test_lmdb_recipe_averages_the_last_five_epochs(config):
    (hook,) = config.custom_hooks
    epoch, end = hook.interval, config.train_cfg.max_iters
    averaged = range(hook.begin_iter, end + 1, epoch)
    assert [step // epoch for step in averaged] == [16, 17, 18, 19, 20]
    assert end % epoch == 0

    model = torch.nn.Linear(1, 1, bias=False)
    average = MODELS.build({'type': hook.ema_type, 'model': model, 'interval': 3})
    for value in range(13):  # the first, and every third of those that follow
        torch.nn.init.constant_(model.weight, float(value))
        average.update_parameters(model)
    assert average.module.weight.item() == pytest.approx((0 + 3 + 6 + 9 + 12) / 5)
