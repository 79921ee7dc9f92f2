"""Description of ``POST /v1/spot`` in OpenAPI, from the tables of options and formats."""

from __future__ import annotations

from typing import Any

from pipeline.serve.formats import ARCHIVE, FORMATS
from pipeline.serve.options import OPTIONS

_POLYGON = {
    'type': 'array',
    'items': {
        'type': 'array', 'items': {'type': 'number'}, 'minItems': 2, 'maxItems': 2,
    },
    'description': 'Pixels, clockwise from the top-left of the first character.',
}  # fmt: skip
_SCORE = {'type': 'number', 'minimum': 0, 'maximum': 1}
_WORD = {
    'type': 'object',
    'properties': {
        'polygon': _POLYGON,
        'text': {'type': 'string'},
        'score': {**_SCORE, 'description': 'Confidence that the polygon is a word.'},
        'det_score': {**_SCORE, 'description': 'Confidence of the detector.'},
        'rec_score': {**_SCORE, 'description': 'Probability of the text.'},
        'line': {'type': 'integer', 'description': 'Number of the line in the image, from 0.'},
        'block': {'type': 'integer', 'description': 'Number of the block in the image, from 0.'},
    },
}
_RECORD = {
    'type': 'object',
    'properties': {
        'image': {
            'type': 'string',
            'description': 'Name of the file, with the number of the page: scan.pdf#page=2.',
        },
        'width': {'type': 'integer'},
        'height': {'type': 'integer'},
        'orientation': {
            'type': 'integer',
            'description': 'Degrees by which the image was rotated clockwise to be read.',
        },
        'words': {'type': 'array', 'items': _WORD, 'description': 'Words in reading order.'},
        'seconds': {'type': 'number'},
        'image_data': {'type': 'string', 'description': 'The image as a data URL of a JPEG.'},
    },
}
_REFUSALS = {
    401: 'The key is missing or wrong.',
    408: 'The client stopped sending.',
    413: 'The body, an image, or the number of images or pages is too large.',
    415: 'The body is not an image.',
    422: 'An option is wrong, a PDF requires a password, or there is no image.',
    503: 'The queue is full; Retry-After contains the seconds to wait.',
}
_FORMAT = {'type': 'string', 'enum': list(FORMATS), 'default': 'json'}
_OPTIONS = {
    name: {**each.schema, 'description': each.description} for name, each in OPTIONS.items()
}
_FIELDS: dict[str, Any] = {
    **_OPTIONS,
    'format': {**_FORMAT, 'description': 'Format of the answer, which precedes Accept.'},
    'images': {
        'type': 'string', 'enum': ['on', 'off'], 'default': 'off',
        'description': 'Whether the records of the formats json and jsonl contain image_data.',
    },
}  # fmt: skip
_PASSWORD = {'type': 'string', 'description': 'Password of PDF files, only as a form field.'}
_EXTRA = {
    'name': {'type': 'string', 'description': 'Name of an image that is sent as a raw body.'},
    'url': {
        'type': 'string',
        'description': 'Address of an image, if the server was started with --allow-urls.',
    },
}
_BINARY = {'schema': {'type': 'string', 'format': 'binary'}}

SPOT: dict[str, Any] = {
    'summary': 'Read the words in images',
    'description': 'Takes one or several files. Every image, and every page of a PDF or TIFF, has '
    'one record. Several records are a list in the order of the images. With format=jsonl '
    'every record is one line. Several images with format=page are a zip archive.',
    'responses': {
        200: {
            'description': 'The words.',
            'content': {
                'application/json': {
                    'schema': {'oneOf': [_RECORD, {'type': 'array', 'items': _RECORD}]}
                },
                **{
                    each.media_type: {'schema': {'type': 'string'}}
                    for name, each in FORMATS.items()
                    if name != 'json'
                },
                ARCHIVE: _BINARY,
            },
        },
        **{
            status: {
                'description': text,
                'content': {
                    'application/json': {
                        'schema': {'type': 'object', 'properties': {'error': {'type': 'string'}}}
                    }
                },
            }
            for status, text in _REFUSALS.items()
        },
    },
    'openapi_extra': {
        'security': [{}, {'bearer': []}, {'key': []}],
        'parameters': [
            {
                'name': name,
                'in': 'query',
                'required': False,
                'description': schema['description'],
                'schema': {key: value for key, value in schema.items() if key != 'description'},
            }
            for name, schema in {**_FIELDS, **_EXTRA}.items()
        ],
        'requestBody': {
            'content': {
                'multipart/form-data': {
                    'schema': {
                        'type': 'object',
                        'properties': {
                            'image': {
                                'type': 'array',
                                'items': {'type': 'string', 'format': 'binary'},
                            },
                            **_FIELDS,
                            'password': _PASSWORD,
                        },
                    }
                },
                'image/*': _BINARY,
                'application/pdf': _BINARY,
                'application/octet-stream': _BINARY,
            }
        },
    },
}
"""Arguments of the route of ``/v1/spot``."""

SECURITY_SCHEMES = {
    'bearer': {'type': 'http', 'scheme': 'bearer'},
    'key': {'type': 'apiKey', 'in': 'header', 'name': 'X-API-Key'},
}
