"""Street View Text, lexicon-constrained: 249 test images, a lexicon of 50 words per image.

Only words of the image's lexicon are annotated. Compare ``e2e/strong_hmean``: without a lexicon,
every other word in the image reduces the precision.
"""

_base_ = ['./spotting_test.py']

test_dataloader = dict(dataset=dict(data_root='data/svt', ann_file='textspotting_test.json'))
test_evaluator = dict(protocol='icdar2015', lexicons=dict(strong='data/svt/lexicons/strong'))
