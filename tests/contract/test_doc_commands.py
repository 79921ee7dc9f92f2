"""The commands of the docs run in their order, on small data and with trainings of two iterations.

A workspace has the folders of a clone. Data sets are drawn where the configs expect them. Commands
that need other files or the network are in ``ELSEWHERE``, with the tests that run them.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest
from doc_commands import COMMAND_LINES, PAGES, ROOT, Command
from fresh_runs import forget_runs
from mmengine.config import Config
from PIL import Image
from toy_sets import draw_set

from pipeline.cli.config_files import find_config
from pipeline.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings('ignore')]

ELSEWHERE = {
    'torch.distributed': 'tests/cli/test_train_distributed.py',
    'parseq-bb5792a6.pt': 'tests/cli/test_pack_published_parseq.py',
    'model.safetensors': 'tests/ppocr/test_transformers_weights.py',
    'word_crops/parseq': 'tests/recognition/test_real_lmdb_recipe.py',
    'parseq-small_real-lmdb': 'tests/recognition/test_real_lmdb_recipe.py',
    'default_parseq-small': 'tests/cli/test_pack_published_parseq.py',
    'clip-vit-b32_mhca-early': 'tests/cli/test_train_clipter.py',
    'clipter-lite0': 'tests/clipter/pretraining/test_clip_pretrainer.py',
    'nearest-words': 'tests/clipter/pretraining/test_clip_pretrainer.py',
    'CONFIG': 'tests/cli/test_extract_context.py',
    'CHECKPOINT': 'tests/test_embedded_context.py',
    '-o browse': 'tests/cli/test_config_tools.py',
    'curves.png': 'tests/cli/test_config_tools.py',
    '--quick': 'tests/cli/test_experiments.py',
    '--runs': 'tests/cli/test_experiments.py',
    'ic15=data': 'tests/cli/test_experiments.py',
    'parseq-small_words/iter_8000.pth': 'tests/cli/test_test.py',
    '--launcher': 'tests/cli/test_train_distributed.py',
}
TINY_TRAINING = [
    *['train_cfg.max_iters=2', 'train_cfg.val_interval=100', 'default_hooks.checkpoint.interval=2'],
    *['train_dataloader.batch_size=2', 'train_dataloader.num_workers=0'],
    'train_dataloader.persistent_workers=False',
]
RANDOM_TOWER = [
    'model.context_encoder.pretrained=None',
    'model.context_encoder.allow_random=True',
]
TEXT = '\n'.join(page.read_text('utf-8') for page in PAGES) + '\n'.join(
    path.read_text('utf-8') for path in (ROOT / 'configs').rglob('*.py')
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configs and the demo, published data sets, and images to read."""
    for name in ('configs', 'tests', 'pipeline'):
        (tmp_path / name).symlink_to(ROOT / name)
    data = tmp_path / 'data'
    data.mkdir()
    (data / 'demo').symlink_to(ROOT / 'data' / 'demo')
    image = cv2.resize(cv2.imread(str(ROOT / 'data' / 'demo' / 'scene.jpg')), (640, 400))
    x1, y1, x2, y2 = 104, 148, 178, 176  # BAKERY
    line = f'{x1},{y1},{x2},{y1},{x2},{y2},{x1},{y2},BAKERY\n'
    for name in ('icdar2015', 'icdar2015_train', 'icdar2015_dev', 'svt_train'):
        prefix = 'ch4_test_' if name == 'icdar2015' else ''
        gt = 'Challenge4_Test_Task4_GT' if name == 'icdar2015' else 'gt'
        for folder in (f'{prefix}images', gt):
            (data / name / folder).mkdir(parents=True)
        for number in range(1, 3):
            cv2.imwrite(str(data / name / f'{prefix}images' / f'img_{number}.jpg'), image)
            (data / name / gt / f'gt_img_{number}.txt').write_text(line)
        for folder in ('lexicons/strong', 'ch4_test_vocabularies_per_image'):
            (data / name / folder).mkdir(parents=True)
            for number in range(1, 3):
                (data / name / folder / f'voc_img_{number}.txt').write_text('BAKERY\nOPEN\n')
        for file in (
            *('lexicons/weak.txt', 'lexicons/generic.txt', 'GenericVocabulary.txt'),
            'ch4_test_vocabulary.txt',
        ):
            (data / name / file).write_text('BAKERY\nOPEN\n')
    for folder in ('data/backgrounds/images', 'data/backgrounds_dev/images', 'photos', 'more'):
        (tmp_path / folder).mkdir(parents=True)
        Image.new('RGB', (320, 240), (120, 140, 160)).save(tmp_path / folder / 'plain.png')
    (tmp_path / 'words').mkdir()
    cv2.imwrite(str(tmp_path / 'words' / '1.png'), image[y1:y2, x1:x2])
    for name in ('photo.jpg', 'receipt.png', 'panorama.jpg', 'map.png'):
        cv2.imwrite(str(tmp_path / name), image[:200, :320])
    Image.fromarray(image[..., ::-1]).save(tmp_path / 'scan.pdf')
    shutil.copy(ROOT / 'pipeline/weights/default_spotter.safetensors', tmp_path)
    (tmp_path / 'default_spotter.safetensors').rename(tmp_path / 'spotter.safetensors')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize('page', ['README.md', 'docs/read.md', 'docs/evaluate.md'])
def test_commands_of_a_page_run(page: str, workspace: Path) -> None:
    for split in ('icdar2015_dev', 'svt_train'):
        assert main(['prepare-dataset', 'icdar2015', '--root', f'data/{split}']) == 0
    if page == 'docs/evaluate.md':  # scores what the command of the README writes
        assert main(['test', 'configs/spotting/default_icdar2015-dev.py']) == 0
    assert run_page(page, workspace)


@pytest.mark.parametrize('page', ['docs/train.md', 'docs/clipter.md'])
def test_trainings_of_a_page_run(page: str, workspace: Path) -> None:
    assert run_page(page, workspace)


def test_commands_that_are_run_elsewhere_are_tested_there() -> None:
    for part, test in ELSEWHERE.items():
        assert (ROOT / test).is_file(), part


def run_page(page: str, workspace: Path) -> int:
    """Run the commands of a page, each with exit status 0; returns their number."""
    ran = 0
    for command in COMMAND_LINES:
        if command.block.page != ROOT / page or is_run_elsewhere(command):
            continue
        forget_runs()
        assert main([command.name, *adapt(command, workspace)]) == 0, command.label
        ran += 1
        if command.name == 'train':
            name_as_documented(Path('work_dirs') / find_config(command.arguments[0]).stem)
    return ran


def is_run_elsewhere(command: Command) -> bool:
    return any(part in ' '.join(command.arguments) for part in ELSEWHERE)


def adapt(command: Command, workspace: Path) -> list[str]:
    """The arguments, with small numbers and with files of the workspace."""
    args = [arg for arg in command.arguments if '://' not in arg]
    args = ['data/backgrounds/images' if arg == 'PHOTOS' else arg for arg in args]
    if command.name == 'synthesize':
        args[args.index('--count') + 1] = '2'
    if command.name in ('train', 'test'):
        config = Config.fromfile(find_config(args[0]))
        for key in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
            draw_sets(config.get(key), workspace)
    if command.name == 'train':
        options = [*TINY_TRAINING]
        if 'context_encoder' in config.model:
            options += RANDOM_TOWER
        if '--cfg-options' not in args:
            args.append('--cfg-options')
        args += options
    return args


def draw_sets(node: Any, workspace: Path) -> None:
    """Draw the data sets of a config that no command has written."""
    if isinstance(node, dict):
        if 'ann_file' in node and 'data_root' in node:
            root = workspace / node['data_root']
            if not (root / node['ann_file']).exists():
                draw_set(root, node['ann_file'])
        for child in node.values():
            draw_sets(child, workspace)
    elif isinstance(node, (list, tuple)):
        for child in node:
            draw_sets(child, workspace)


def name_as_documented(folder: Path) -> None:
    """Copy the last checkpoint to the names that docs and configs expect of a whole training."""
    for number in set(re.findall(rf'{folder}/iter_(\d+)\.pth', TEXT)):
        target = folder / f'iter_{number}.pth'
        if not target.exists():
            shutil.copy(folder / 'iter_2.pth', target)
