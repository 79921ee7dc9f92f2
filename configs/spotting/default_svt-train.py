"""The embedded default on SVT's 100 training photos, which it was not trained on.

The lexicon is the list of all words of these photos: ``e2e/weak_hmean`` is the number to read.
"""

_base_ = ['./default_svt.py']

test_dataloader = dict(dataset=dict(data_root='data/svt_train', ann_file='textspotting.json'))
test_evaluator = dict(lexicons=dict(_delete_=True, weak='data/svt_train/lexicons/weak.txt'))
