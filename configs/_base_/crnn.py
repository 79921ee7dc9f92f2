"""CRNN (Shi et al., TPAMI 2017) as in MMOCR, with this project's charset; it reads gray crops."""

_base_ = ['mmocr::textrecog/crnn/_base_crnn_mini-vgg.py']

dictionary = dict(
    _delete_=True,
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_padding=True,
)
model = dict(
    decoder=dict(
        dictionary=dictionary,
        module_loss=dict(letter_case='unchanged'),
    ),
)
