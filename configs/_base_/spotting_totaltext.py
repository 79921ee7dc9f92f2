"""Total-Text: 300 test photos with curved words, its full lexicon.

Tables of ABCNet, TESTR and DeepSolo print the number that is called ``spotting/none_hmean`` here
as their end-to-end result without a lexicon; Mask TextSpotter prints ``e2e/none_hmean``.
"""

_base_ = ['./spotting_test.py']

test_dataloader = dict(dataset=dict(data_root='data/totaltext', ann_file='textspotting_test.json'))
test_evaluator = dict(
    protocol='totaltext', lexicons=dict(full='data/totaltext/weak_voc_pair_list.txt')
)
