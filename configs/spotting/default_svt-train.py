"""The embedded default on SVT's 100 training images, which were not used in its training.

The lexicon contains all words of these images; compare ``e2e/weak_hmean``.
"""

_base_ = ['./default_svt.py']

test_dataloader = dict(dataset=dict(data_root='data/svt_train', ann_file='textspotting.json'))
test_evaluator = dict(lexicons=dict(_delete_=True, weak='data/svt_train/lexicons/weak.txt'))
