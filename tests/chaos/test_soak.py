"""A long day's work, read from a few windows of it."""

from typing import Any

from tests.chaos.soak import PARTS, trends


def _window(p95: float, cpu: float, web: float) -> dict[str, Any]:
    return {"p95_ms": p95, "web_cpu_ms_per_label": cpu, "mib": dict.fromkeys(PARTS, 100.0) | {"web": web}}


def test_the_end_is_compared_with_the_middle_and_not_with_the_beginning() -> None:
    warm_up, middle, end = _window(900.0, 90.0, 50.0), _window(40.0, 15.0, 200.0), _window(60.0, 15.0, 300.0)
    found = trends([warm_up, warm_up, middle, middle, end, end])
    assert found["p95_last_to_middle"] == 1.5
    assert found["web_cpu_last_to_middle"] == 1.0
    assert found["memory_last_to_middle"] == dict.fromkeys(PARTS, 1.0) | {"web": 1.5}
