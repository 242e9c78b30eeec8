"""``manage.py demo``: the same as ``up``, with invented people, documents and a project to try."""

from reviewapp.management.commands import up


class Command(up.Command):
    help = "Start everything with example documents and people. A second start keeps what was done."
    seeds = True
