"""The characters of small context recognizers."""

import pytest
from context_models import NUM_CHARS


@pytest.fixture(scope='module')
def dictionary(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp('dict') / 'charset.txt'
    path.write_text('\n'.join('abcdefgh'[:NUM_CHARS]))
    return {'type': 'Dictionary', 'dict_file': str(path), 'with_padding': True}
