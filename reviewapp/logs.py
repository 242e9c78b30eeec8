"""What every line of a log says beside its message: which request or job it belongs to."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NOTHING = "-"
_request: ContextVar[str] = ContextVar("request", default=NOTHING)
_job: ContextVar[str] = ContextVar("job", default=NOTHING)


class Context(logging.Filter):
    """Puts ``request`` and ``job`` on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id, record.job_id = _request.get(), _job.get()
        return True


@contextmanager
def of_request(request: str) -> Iterator[str]:
    """Whatever is logged inside belongs to this request."""
    token = _request.set(request)
    try:
        yield request
    finally:
        _request.reset(token)


@contextmanager
def of_job(job: int) -> Iterator[None]:
    """Whatever is logged inside belongs to this job."""
    token = _job.set(str(job))
    try:
        yield
    finally:
        _job.reset(token)
