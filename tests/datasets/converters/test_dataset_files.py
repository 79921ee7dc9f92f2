from __future__ import annotations

import zipfile

import pytest
from published_sets import pack, write_photos, write_texts

from pipeline.datasets.converters.files import (
    MissingFiles,
    find_folder,
    list_files,
    list_photos,
    photo_size,
    read_lines,
    read_text,
    unpack_archive,
)
from pipeline.utils.natural_sort import natural_key


def test_natural_key_sorts_numbers_by_value():
    names = ['img_10.jpg', 'img_2.jpg', 'a.jpg', 'img_02.jpg', 'img_1_b.jpg', 'img_1_a.jpg']
    assert sorted(names, key=natural_key) == [
        'a.jpg', 'img_1_a.jpg', 'img_1_b.jpg', 'img_02.jpg', 'img_2.jpg', 'img_10.jpg',
    ]  # fmt: skip


def test_list_photos_skips_system_files(tmp_path):
    write_photos(tmp_path / 'sub', 'b.JPG', 'a.png', '._a.png')
    write_photos(tmp_path / '__MACOSX', 'a.png')
    write_texts(tmp_path, notes='no image')
    assert [path.name for path in list_photos(tmp_path)] == ['a.png', 'b.JPG']
    assert [path.name for path in list_files(tmp_path, '.txt')] == ['notes.txt']


def test_find_folder_unpacks_a_zip(tmp_path):
    pack(write_photos(tmp_path / 'source', 'a.jpg'), tmp_path / 'root' / 'photos.zip')
    found = find_folder(tmp_path / 'root', 'other', 'photos')
    assert found == tmp_path / 'root' / 'photos'
    assert [path.name for path in list_photos(found)] == ['a.jpg']


def test_find_folder_finds_a_folder_inside_a_zip(tmp_path):
    write_photos(tmp_path / 'source' / 'Images' / 'Train', 'a.jpg')
    pack(tmp_path / 'source', tmp_path / 'root' / 'set.zip')
    assert find_folder(tmp_path / 'root', 'set/Images/Train')
    assert find_folder(tmp_path / 'root', 'set/Images/Test') is None


def test_find_folder_does_not_change_an_existing_folder(tmp_path):
    pack(write_photos(tmp_path / 'source', 'a.jpg'), tmp_path / 'photos.zip')
    write_photos(tmp_path / 'photos', 'mine.jpg')
    unpack_archive(tmp_path / 'photos.zip')
    assert [path.name for path in list_photos(tmp_path / 'photos')] == ['mine.jpg']


@pytest.mark.parametrize('member', ['../out.txt', '/out.txt', 'a/../../out.txt', '..\\out.txt'])
def test_unpack_archive_rejects_members_outside_the_folder(member, tmp_path):
    with zipfile.ZipFile(tmp_path / 'bad.zip', 'w') as packed:
        packed.writestr('fine.txt', 'fine')
        packed.writestr(member, 'evil')
    with pytest.raises(ValueError, match='outside the archive'):
        unpack_archive(tmp_path / 'bad.zip')
    assert [path.name for path in tmp_path.iterdir()] == ['bad.zip']


def test_unpack_archive_names_a_broken_zip(tmp_path):
    (tmp_path / 'bad.zip').write_bytes(b'half a download')
    with pytest.raises(ValueError, match=r'bad\.zip is not a zip'):
        unpack_archive(tmp_path / 'bad.zip')
    assert [path.name for path in tmp_path.iterdir()] == ['bad.zip']


def test_read_lines_removes_bom_and_carriage_returns(tmp_path):
    write_texts(tmp_path, a='\ufeffone\r\n\r\nt\u2028wo\x0b\n')
    assert list(read_lines(tmp_path / 'a.txt')) == [(1, 'one'), (3, 't\u2028wo\x0b')]


def test_read_text_names_a_file_that_is_not_utf8(tmp_path):
    (tmp_path / 'a.txt').write_bytes(b'caf\xe9')
    with pytest.raises(ValueError, match=r'a\.txt is not UTF-8'):
        read_text(tmp_path / 'a.txt')


def test_photo_size_names_a_file_that_is_not_an_image(tmp_path):
    (tmp_path / 'a.jpg').write_text('no image')
    with pytest.raises(ValueError, match=r'a\.jpg cannot be read as an image'):
        photo_size(tmp_path / 'a.jpg')
    assert photo_size(write_photos(tmp_path, 'b.png') / 'b.png') == (48, 64)


def test_missing_files_lists_ten_and_keeps_all():
    error = MissingFiles([f'image {i}' for i in range(12)], hint='Get it there.')
    assert len(error.missing) == 12
    lines = str(error).splitlines()
    assert lines[0] == 'missing: image 0' and lines[9] == 'missing: image 9'
    assert lines[10:] == ['... 12 missing in all', 'Get it there.']
