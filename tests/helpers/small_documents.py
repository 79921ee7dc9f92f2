"""Small PDF files for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

_SIZE = b'/MediaBox[0 0 72 36]'


def text_pdf(texts: Sequence[str]) -> bytes:
    """A page of 72 x 36 points with one text in Helvetica per page."""
    pages = range(4, 4 + 2 * len(texts), 2)
    kids = b' '.join(b'%d 0 R' % page for page in pages)
    bodies = [
        b'<</Type/Catalog/Pages 2 0 R>>',
        b'<</Type/Pages/Count %d/Kids[%s]>>' % (len(texts), kids),
        b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ]
    for page, text in zip(pages, texts):
        drawing = b'BT /F 16 Tf 6 12 Td (%s) Tj ET' % text.encode('ascii')
        resources = b'/Resources<</Font<</F 3 0 R>>>>'
        bodies += [
            b'<</Type/Page/Parent 2 0 R%s%s/Contents %d 0 R>>' % (_SIZE, resources, page + 1),
            b'<</Length %d>>stream\n%s\nendstream' % (len(drawing), drawing),
        ]
    return join_objects(bodies)


def encrypted_pdf(password: str) -> bytes:
    """Two empty pages, encrypted by the standard handler of PDF 1.4 (revision 2)."""
    padding = bytes.fromhex('28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A')
    padded = (password.encode() + padding)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + b'\xff\xff\xff\xff' + b'0' * 16).digest()[:5]
    user = _rc4(key, padding)
    bodies = [
        '<</Type/Catalog/Pages 2 0 R>>',
        '<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>',
        *['<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 36]>>'] * 2,
        f'<</Filter/Standard/V 1/R 2/P -1/O<{owner.hex()}>/U<{user.hex()}>>>',
    ]
    name = (b'0' * 16).hex()
    trailer = f'/Encrypt 5 0 R/ID[<{name}><{name}>]'
    return join_objects([body.encode() for body in bodies], trailer.encode())


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j, output = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        output.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(output)


def join_objects(bodies: Iterable[bytes], trailer: bytes = b'') -> bytes:
    """A PDF file of objects with the numbers 1, 2, ...; the first is the catalog."""
    data = b'%PDF-1.4\n'
    table = b'0000000000 65535 f \n'
    count = 1
    for count, body in enumerate(bodies, 2):
        table += b'%010d 00000 n \n' % len(data)
        data += b'%d 0 obj\n%s\nendobj\n' % (count - 1, body)
    end = b'xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n'
    return data + end % (count, table, count, trailer, len(data))
