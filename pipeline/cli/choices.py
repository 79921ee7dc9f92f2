"""Values that arguments accept, repeated here because their modules import torch.

``tests/cli/test_choices.py`` compares them with those modules.
"""

from __future__ import annotations

RESULT_FORMATS = ('json', 'jsonl', 'csv', 'txt', 'icdar', 'hocr', 'alto', 'page', 'pdf')
BATCH_FORMATS = ('jsonl', 'parquet')
ENGINES = ('auto', 'onnx', 'openvino', 'torch')
CPU_ENGINES = ('onnx', 'openvino')
ORIENTATIONS = ('auto', '0', '90', '180', '270')
PRECISIONS = ('float32', 'bfloat16', 'float16')
PROTOCOLS = ('icdar2015', 'icdar2013', 'totaltext')
POINT_PROTOCOLS = ('points-spts', 'points-mmocr')
MATCHINGS = ('first', 'maximum')
TASKS = ('e2e', 'spotting', 'detection')
LEXICON_LEVELS = ('strong', 'weak', 'generic', 'full')
LEXICON_RULES = ('adelaidet', 'testr', 'davar', 'mask-textspotter', 'spts')
DATASET_TASKS = ('textdet', 'textrecog', 'textspotting')
LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')
DATASETS = (
    'icdar2013',
    'icdar2015',
    'totaltext',
    'ctw1500',
    'svt',
    'coco-text',
    'textocr',
    'mlt2017',
    'mlt2019',
    'art',
    'lsvt',
    'uber-text',
    'word-lmdb',
    'word-crops',
    'textless',
    'own',
)
