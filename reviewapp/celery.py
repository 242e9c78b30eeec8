"""The Celery application: a message is only a doorbell, the job's row is the truth.

Why each setting stands as it does: TRUST patterns measured for this product (docs/architecture.md, "Jobs").
"""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")

app = Celery("reviewapp")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        "socket_keepalive": not settings.CELERY_BROKER_URL.startswith("redis+socket"),
    },
    broker_connection_retry_on_startup=True,
    task_publish_retry=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    task_reject_on_worker_lost=False,  # the row, not the message, is retried: a poison job cannot loop
    task_default_queue="work",
    task_routes={"training.tasks.*": {"queue": "training"}},
    timezone="UTC",
)
app.autodiscover_tasks(["reviewapp", "training", "models_lib", "reviewapp.archives"])
app.steps["worker"].add("reviewapp.pulse:Pulse")  # by name: it needs the tables, which are not loaded yet
