"""PP-OCRv6's small recognizer with the full dictionary: Latin, Chinese and Japanese."""

_base_ = ['./ppocrv6-small.py']

model = dict(
    decoder=dict(
        dictionary=dict(dict_file='{{ fileDirname }}/../../data/dicts/ppocrv6.txt'),
    ),
)
