"""ICDAR 2015 Incidental Scene Text, end to end: 500 test images, published lexicons."""

_base_ = ['./spotting_test.py']

test_dataloader = dict(dataset=dict(data_root='data/icdar2015', ann_file='textspotting_test.json'))
test_evaluator = dict(
    protocol='icdar2015',
    lexicons=dict(
        strong='data/icdar2015/ch4_test_vocabularies_per_image',
        weak='data/icdar2015/ch4_test_vocabulary.txt',
        generic='data/icdar2015/GenericVocabulary.txt',
    ),
)
