"""CRNN (Shi et al., TPAMI 2017) on the frozen backbone of the embedded default.

MMOCR's bidirectional LSTM with a CTC decoder.
"""

_base_ = ['./lcnet.py']

dictionary = dict(
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_padding=True,
)
model = dict(
    type='EncoderDecoderRecognizer',
    data_preprocessor=_base_.crops,
    backbone=_base_.backbone,
    decoder=dict(
        type='CRNNDecoder',
        in_channels=384,
        rnn_flag=True,
        dictionary=dictionary,
        module_loss=dict(type='CTCModuleLoss', letter_case='unchanged'),
        postprocessor=dict(type='CTCPostProcessor'),
    ),
)
