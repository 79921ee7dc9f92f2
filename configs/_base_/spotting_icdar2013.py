"""ICDAR 2013 Focused Scene Text, end to end: 233 test images, upright boxes as published.

For the ground truth of the 2015 edition, which has four corners per word, set
``test_evaluator.line_format='quad'``.
"""

_base_ = ['./spotting_test.py']

test_dataloader = dict(dataset=dict(data_root='data/icdar2013', ann_file='textspotting_test.json'))
test_evaluator = dict(
    protocol='icdar2013',
    line_format='ltrb',
    lexicons=dict(
        strong='data/icdar2013/ch2_test_vocabularies_per_image',
        weak='data/icdar2013/ch2_test_vocabulary.txt',
        generic='data/icdar2013/GenericVocabulary.txt',
    ),
)
