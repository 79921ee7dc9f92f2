"""Total-Text: 300 test images with curved words, with the full lexicon.

ABCNet, TESTR and DeepSolo report the value of ``spotting/none_hmean`` as their end-to-end result
without a lexicon; Mask TextSpotter reports ``e2e/none_hmean``.
"""

_base_ = ['./spotting_test.py']

test_dataloader = dict(dataset=dict(data_root='data/totaltext', ann_file='textspotting_test.json'))
test_evaluator = dict(
    protocol='totaltext', lexicons=dict(full='data/totaltext/weak_voc_pair_list.txt')
)
