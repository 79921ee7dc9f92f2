"""The embedded default on 100 training images of ICDAR 2015 that are held out for tuning."""

_base_ = ['./default_icdar2015.py']

test_dataloader = dict(dataset=dict(data_root='data/icdar2015_dev', ann_file='textspotting.json'))
test_evaluator = dict(
    lexicons=dict(
        strong='data/icdar2015_dev/lexicons/strong',
        weak='data/icdar2015_dev/lexicons/weak.txt',
        generic='data/icdar2015_dev/lexicons/generic.txt',
    ),
)
