"""CLIPTER on the multilingual recognizer, with drawn Chinese and Japanese words in scenes.

    clipter convert-ppocr _base_/ppocrv6-small_multilingual --out work_dirs/ppocrv6-multilingual.pth
    clipter synthesize --out data/synthetic/cjk --count 2000 \\
        --word-list chinese --word-list japanese
    clipter cut-words _base_/ppocrv6-small_multilingual \\
        --data data/synthetic/cjk/annotation.json --out data/cut/cjk

The fonts need the characters, such as those of the Debian package fonts-noto-cjk.
"""

_base_ = ['./ppocrv6-small_clipter-lite0-kinf_gated-early_synth-real.py']

dictionary = dict(dict_file='{{ fileDirname }}/../../data/dicts/ppocrv6.txt')
model = dict(
    recognizer=dict(
        decoder=dict(dictionary=dictionary),
        init_cfg=dict(checkpoint='work_dirs/ppocrv6-multilingual.pth'),
    ),
)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        **{
            **_base_.train_dataloader.dataset.datasets[0].dataset,
            'data_root': 'data/cut/cjk',
            'charset': dict(_base_.dictionary, **dictionary),
        },
    ),
)
