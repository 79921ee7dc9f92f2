"""Street View Text, lexicon-constrained: 249 test photos, 50 words a photo to choose from.

Only the words of each photo's lexicon are annotated. ``e2e/strong_hmean`` is the number to
compare: without a lexicon every other word of the street counts against precision.
"""

_base_ = ['./spotting_test.py']

test_dataloader = dict(dataset=dict(data_root='data/svt', ann_file='textspotting_test.json'))
test_evaluator = dict(protocol='icdar2015', lexicons=dict(strong='data/svt/lexicons/strong'))
