"""A repeated request with the same ``Idempotency-Key`` changes nothing and gets the answer of the first one.

The key's row, the effect and the stored answer commit together. A second request waits on the row's unique index
until the first has committed; when that one was refused nothing is stored, and the next attempt starts afresh.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.problems import BadQuery, Replaced
from reviewapp.lines import encode
from reviewapp.models import IdempotencyKey, User

HEADER = "Idempotency-Key"
MAX_CHARACTERS = 255
REMEMBERED_HEADERS = ("Location",)
# The empty update waits for whoever came first and returns their row, which has a status once they committed.
CLAIM = """
INSERT INTO reviewapp_idempotencykey (user_id, key, request, created_at) VALUES (%s, %s, %s, now())
ON CONFLICT (user_id, key) DO UPDATE SET key = EXCLUDED.key RETURNING id, request, status, answer::text
"""


def once(request: Request, perform: Callable[[], Response], *, kept: bool = True) -> Response:
    """Perform a request, or replay the answer its key already got; raises :class:`Replaced` for another request.

    An answer that is a secret is not ``kept``, and then a key is refused.
    """
    key = request.headers.get(HEADER)
    if key is None or request.method in ("GET", "HEAD") or not isinstance(request.user, User):
        return perform()
    if not 1 <= len(key) <= MAX_CHARACTERS or not key.isprintable():
        problem = f"{HEADER} has 1 to {MAX_CHARACTERS} printable characters."
        raise BadQuery(problem, {HEADER: [problem]})
    if not kept:
        problem = "The answer here is a secret that is stored nowhere, so it cannot be given twice. Send no key."
        raise BadQuery(problem, {HEADER: [problem]})
    digest = fingerprint(request)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [request.user.pk, key, digest])
        pk, before, status, answer = cursor.fetchone()
        if status is None:
            return _remember(pk, perform())
    if before != digest:
        raise Replaced(f"This {HEADER} was used for another request. Take a new key for each new request.")
    return _replay(status, orjson.loads(answer))


def fingerprint(request: Request) -> str:
    """Keyed BLAKE2b (64 hexadecimal digits) over method, address and everything that was sent.

    Keyed, because a body may hold a passphrase, and whoever has the table shall not be able to try some.
    """
    address = f"{request.method} {request.get_full_path()}\n".encode()
    whole = hashlib.blake2b(address, key=settings.SECRET_KEY.encode()[:64], digest_size=32)
    sent = request.data
    if not isinstance(sent, MultiValueDict):
        whole.update(orjson.dumps(sent, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))
        return whole.hexdigest()
    for name in sorted(sent):
        for value in sent.getlist(name):
            whole.update(f"{name}\n".encode())
            for piece in value.chunks() if isinstance(value, UploadedFile) else [str(value).encode()]:
                whole.update(piece)
    return whole.hexdigest()


def _remember(claimed: int, answer: Response) -> Response:
    # As text: jsonb would sort the members, and the replay must be the same bytes.
    body = None if answer.data is None else encode(answer.data).decode()
    headers = {name: answer[name] for name in REMEMBERED_HEADERS if name in answer}
    stored = {"body": body, "headers": headers}
    IdempotencyKey.objects.filter(pk=claimed).update(status=answer.status_code, answer=stored)
    return answer


def _replay(status: int, stored: dict[str, Any]) -> Response:
    body = None if stored["body"] is None else orjson.Fragment(stored["body"])
    return Response(body, status, headers={**stored["headers"], "Idempotency-Replayed": "true"})
