"""Work done by several people at the same moment."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def at_once(count: int, work: Callable[[int], Result]) -> list[Result | Exception]:
    """Run the work in so many threads, each with its own connection; what a thread raised is its result."""
    results: dict[int, Result | Exception] = {}
    barrier = threading.Barrier(count)

    def one(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            results[number] = work(number)
        except Exception as fault:  # noqa: BLE001 - handed to the test
            results[number] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return [results[number] for number in range(count)]
