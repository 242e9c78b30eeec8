"""Our REST API for the shared load generator, which is read from ../shared/bench at run time and never copied.

A submit's answer carries the next document, so one document costs one HTTP call. ``explicit_next`` asks for it with a
call of its own, as the peers' clients must.
"""

import ast
import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp

from reviewapp.env import ROOT

LOADGEN_FILE = ROOT.parent / "shared" / "bench" / "loadgen.py"
CHOICES = {0: "Not relevant", 1: "Relevant"}
WAIT_SECONDS = 900.0


def _load(file: Path) -> Any:
    """The load generator as a module, without its last line, which would start its command."""
    program = ast.parse(file.read_text(encoding="utf-8"), str(file))
    if ast.unparse(program.body[-1]) == "asyncio.run(main())":
        program.body.pop()
    module = ModuleType("loadgen")
    exec(compile(program, str(file), "exec"), module.__dict__)  # noqa: S102 - a program of ours beside the checkout
    return module


LOADGEN: Any = _load(LOADGEN_FILE) if LOADGEN_FILE.exists() else None
BASE: Any = LOADGEN.Adapter if LOADGEN else object


@dataclass(frozen=True)
class Acknowledged:
    """A decision that the server said it has."""

    completion: int
    document: int
    reviewer: str
    choice: str


@dataclass
class Desk:
    """One reviewer at work: their connection, and the document in their hands."""

    session: aiohttp.ClientSession
    reviewer: str
    document: int | None = None
    lease_token: str | None = None

    async def close(self) -> None:
        await self.session.close()


class Reviews(BASE):  # type: ignore[misc] # it is known only at run time
    """The five verbs that the load generator asks for, and a record of all that was handed out and acknowledged."""

    name = "reviewapp"

    def __init__(self, base: str, operator: str, *, explicit_next: bool = False) -> None:
        super().__init__(base)
        self.operator = {"Authorization": f"Token {operator}"}
        self.explicit_next = explicit_next
        self.acknowledged: list[Acknowledged] = []
        self.holders: dict[int, set[str]] = defaultdict(set)

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """One call as the operator."""
        async with self.session() as session:
            return await self.req(session, method, f"/api/v1/{path}", (200, 201, 202), headers=self.operator, **body)

    async def create_project(self, title: str) -> dict[str, Any]:
        """A workspace; its documents are shared by the reviews that :meth:`start_review` begins."""
        made = await self.ask("POST", "workspaces", json={"name": title})
        return {"workspace": made["id"]}

    async def import_docs(self, state: dict[str, Any], items: Sequence[dict[str, str]]) -> None:
        """Upload a CSV file, import it, and wait for the worker."""
        file = io.StringIO()
        table = csv.DictWriter(file, ["control_number", "title", "text"])
        table.writeheader()
        table.writerows(items)
        form = aiohttp.FormData()
        form.add_field("file", file.getvalue().encode(), filename="documents.csv")
        where = f"workspaces/{state['workspace']}"
        upload = await self.ask("POST", f"{where}/uploads", data=form)
        columns = {"control_number": "control_number", "title": "title", "text": "text"}
        job = await self.ask("POST", f"{where}/imports", json={"upload": upload["id"], "mapping": columns})
        while job["state"] in ("queued", "running"):
            job = await self.ask("GET", f"jobs/{job['id']}?wait=30")
        assert job["result"]["loaded"] == len(items), job

    async def start_review(self, state: dict[str, Any], **settings: Any) -> None:
        """Begin a review over all documents and wait until they are indexed."""
        made = await self.ask("POST", f"workspaces/{state['workspace']}/projects", json=settings)
        state["pid"] = made["id"]
        await self.settled(state)

    async def change(self, state: dict[str, Any], **settings: Any) -> None:
        """Change the review's settings and let its jobs come to an end."""
        await self.ask("PATCH", f"projects/{state['pid']}", json=settings)
        await self.settled(state)

    async def settled(self, state: dict[str, Any]) -> dict[str, Any]:
        """Wait until no population or training of the review waits or runs; returns the review."""
        open_jobs = f"workspaces/{state['workspace']}/jobs?project={state['pid']}&state=queued&state=running"
        async with asyncio.timeout(WAIT_SECONDS):
            while (await self.ask("GET", open_jobs))["results"]:
                await asyncio.sleep(0.3)
        found: dict[str, Any] = await self.ask("GET", f"projects/{state['pid']}")
        return found

    async def make_reviewers(self, state: dict[str, Any], people: dict[str, str]) -> list[tuple[str, str]]:
        """Give everybody the role of a reviewer; ``people`` are user names with their tokens."""
        for username in people:
            where = f"workspaces/{state['workspace']}/people/{username}"
            await self.ask("PUT", where, json={"role": "reviewer"})
        return list(people.items())

    async def open(self, cred: tuple[str, str]) -> Desk:
        reviewer, token = cred
        session = self.session()
        session.headers["Authorization"] = f"Token {token}"
        return Desk(session, reviewer)

    async def next(self, desk: Desk, state: dict[str, Any]) -> int | None:
        """The document in the reviewer's hands; asks the server when there is none."""
        if self.explicit_next or desk.lease_token is None:
            answer = await self.req(desk.session, "POST", f"/api/v1/projects/{state['pid']}/next")
            self._hand_out(desk, answer["next"])
        return desk.document

    async def submit(self, desk: Desk, state: dict[str, Any], document: int, value: int) -> None:
        """Answer for the document, and take the one that comes with the acknowledgement if one does."""
        said = {"lease_token": desk.lease_token, "choice": CHOICES[value], "take_next": not self.explicit_next}
        desk.lease_token = None
        answer = await self.req(desk.session, "POST", f"/api/v1/projects/{state['pid']}/submissions", json=said)
        done = answer["completion"]
        assert done["document"] == document, (done, document)
        self.acknowledged.append(Acknowledged(done["id"], done["document"], desk.reviewer, done["choice"]))
        self._hand_out(desk, answer["next"])

    def _hand_out(self, desk: Desk, assignment: dict[str, Any] | None) -> None:
        desk.document = assignment["document"]["id"] if assignment else None
        desk.lease_token = assignment["lease_token"] if assignment else None
        if desk.document is not None:
            self.holders[desk.document].add(desk.reviewer)
