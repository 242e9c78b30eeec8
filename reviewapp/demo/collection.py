"""The demo collection: mails of a company that does not exist, with the truth about each of them.

Halverin Flow Systems makes valves. The bodies of its HV-40 relief valve, cast by Brennick, crack; some people at
Halverin know, some pay to keep it quiet, most are busy with invoices, holidays and the football pool.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from reviewapp.demo.grammar import Deck
from reviewapp.demo.threads import Correspondence, Draft, ordinary_plans, relevant_plans

QUESTION = (
    "Does the document show what people at Halverin Flow Systems knew, hid or paid in the matter of the cracked HV-40 "
    "relief valve bodies cast by Brennick?"
)

# The share of relevant documents.
RICHNESS = 0.08
# Documents waiting to be given out, so that the mails of one conversation do not stand side by side.
POOL = 400


@dataclass(frozen=True)
class DemoDocument:
    """One generated document; `relevant` answers QUESTION and `topic` says what it is about."""

    control_number: str
    title: str
    text: str
    metadata: dict[str, str]
    tags: tuple[str, ...]
    relevant: bool
    topic: str


def generate(documents: int = 2400, seed: int = 7) -> Iterator[DemoDocument]:
    """Generate this many documents one by one; the same number and seed give the same bytes everywhere."""
    random = Random(seed)
    pool: list[Draft] = []
    drafts = _drafts(documents, random)
    for number in range(1, documents + 1):
        while len(pool) < POOL and (draft := next(drafts, None)):
            pool.append(draft)
        at = int(random.random() * len(pool))
        pool[at], pool[-1] = pool[-1], pool[at]
        yield _document(number, pool.pop(), random)


def _drafts(documents: int, random: Random) -> Iterator[Draft]:
    correspondence = Correspondence(random)
    plans = {True: Deck(relevant_plans(), random), False: Deck(ordinary_plans(), random)}
    written = relevant = 0
    while written < documents:
        # Threads differ in length, so a shortage of relevant documents makes the next conversation likelier relevant.
        shortage = RICHNESS * written - relevant
        about_the_matter = random.random() < RICHNESS + shortage / 15
        conversation = correspondence.conversation(plans[about_the_matter].draw(), documents - written)
        written += len(conversation)
        relevant += sum(draft.relevant for draft in conversation)
        yield from conversation


def _document(number: int, draft: Draft, random: Random) -> DemoDocument:
    metadata = {
        "custodian": draft.custodian.name,
        "sent": f"{draft.sent:%Y-%m-%d}",
        "from": draft.sender,
        "to": draft.readers,
        "kind": draft.kind,
        "thread": draft.thread,
        "group": draft.group,
        "message_id": draft.message,
        "in_reply_to": draft.parent,
    }
    sources = ("mailbox", "mailbox", "archive", "laptop") if draft.kind in ("mail", "newsletter") else ("shared drive",)
    tags = (draft.custodian.team, sources[int(random.random() * len(sources))])
    return DemoDocument(f"HAL-{number:06d}", draft.title, draft.text, metadata, tags, draft.relevant, draft.topic)
