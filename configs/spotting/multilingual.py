"""The embedded default's detector with the recognizer for Latin, Chinese and Japanese.

No weights are included; ``clipter models multilingual`` prints how to make them.
"""

_base_ = ['./default.py']

load_from = None
model = dict(
    recognizer=dict(
        decoder=dict(
            dictionary=dict(dict_file='{{ fileDirname }}/../../data/dicts/ppocrv6.txt'),
            # The word lists are English.
            language_model=None,
        ),
    ),
)
