"""Conversations: a first mail, its answers with the earlier mails quoted, and copies that differ little."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from reviewapp.demo import records
from reviewapp.demo.grammar import Deck, Narrator
from reviewapp.demo.letters import Letter, Phrasebook, Writer, stamp
from reviewapp.demo.people import OUTSIDERS, STAFF, Person, pick
from reviewapp.demo.records import Record
from reviewapp.demo.topics import FOREIGN_BUSINESS, FOREIGN_MATTER, LOOKALIKE, ORDINARY, RELEVANT, Topic
from reviewapp.demo.vocabulary import DOMAIN

FIRST_DAY = datetime(2021, 1, 4, tzinfo=UTC)
DAYS = 900
QUOTED_WORDS = 230
NEARLY_THE_SAME = 160
THIRD_PARTY = re.compile(r"\{(?:customer|supplier|vendor)\}")
NO_AGENDA = ("kind-secrets", "sports-and-leisure", "newsletter", "customer-mail", "supplier-mail")
AGENDA = tuple(topic for topic in ORDINARY if topic.name not in NO_AGENDA)
COVERS = (
    "FYI",
    "see below",
    "For your information.",
    "fyi - no action needed",
    "Please read and keep.",
    "as discussed",
    "This one went to me only, you should have it too.",
    "??",
    "For the file.",
)


@dataclass(frozen=True)
class Draft:
    """A document before it has a control number."""

    kind: str
    title: str
    text: str
    topic: str
    relevant: bool
    custodian: Person
    sent: datetime
    sender: str = ""
    readers: str = ""
    thread: str = ""
    group: str = ""
    message: str = ""
    parent: str = ""


@dataclass(frozen=True)
class Plan:
    """What a conversation is about: a topic, and another one that comes up in passing."""

    topic: Topic
    kind: str = "mail"
    aside: Topic | None = None


def ordinary_plans() -> list[Plan]:
    """One deck of conversations outside the matter."""
    plans = [Plan(topic, _kind(topic, number)) for topic in ORDINARY for number in range(topic.share)]
    plans += [Plan(topic) for topic in FOREIGN_BUSINESS for _ in range(topic.share)]
    legal = next(topic for topic in ORDINARY if topic.name == "legal")
    return [*plans, Plan(legal, "contract"), Plan(ORDINARY[0], "minutes"), *[Plan(ORDINARY[0], "note")] * 3]


def relevant_plans() -> list[Plan]:
    """One deck of conversations within the matter; in some it comes up only in passing."""
    plans = [Plan(topic, "chat" if number == 3 and topic.name == "concealment" else "mail")
             for topic in RELEVANT for number in range(topic.share)]  # fmt: skip
    plans += [Plan(topic) for topic in FOREIGN_MATTER for _ in range(topic.share)]
    plans += [Plan(host, "mail", aside) for host, aside in zip(ORDINARY[::3], RELEVANT * 2, strict=False)]
    plans += [Plan(host, "mail", aside) for host, aside in zip(LOOKALIKE, RELEVANT, strict=True)]
    return [*plans, Plan(ORDINARY[0], "minutes", RELEVANT[0])]


def _kind(topic: Topic, number: int) -> str:
    if topic.name == "it-support" and number % 2:
        return "ticket"
    if topic.name == "newsletter":
        return "newsletter"
    if number == 1 and topic.name in ("sports-and-leisure", "production-planning", "facilities"):
        return "chat"
    return "mail"


class Correspondence:
    """Writes whole conversations, one plan after the other."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._writer = Writer(random)
        topics = (*ORDINARY, *RELEVANT, *FOREIGN_BUSINESS, *FOREIGN_MATTER)
        self._books = {(topic.name, topic.language): Phrasebook(topic, random) for topic in topics}
        self._covers = Deck(COVERS, random)
        self._asides = Deck(RELEVANT, random)
        self._hostile = Deck(records.HOSTILE, random)
        self._conversations = 0
        self._messages = 0

    def conversation(self, plan: Plan, room: int) -> list[Draft]:
        """Write the documents of one conversation, at most `room`, near-duplicates included."""
        self._conversations += 1
        if plan.kind == "newsletter":
            return self._newsletter(plan, room)
        if plan.kind != "mail":
            return [self._record(plan)]
        drafts, letters = self._thread(plan, room)
        # A short mail differs too much from its copy, whose header lines are longer than the mail.
        if len(drafts) < room and len(drafts[-1].text.split()) >= NEARLY_THE_SAME and self._chance(0.16):
            original = replace(drafts[-1], group=f"G-{self._conversations:05d}")
            drafts[-1:] = [original, *self._copies(original, letters[-1], room - len(drafts))]
        return drafts

    def _thread(self, plan: Plan, room: int) -> tuple[list[Draft], list[Letter]]:
        length = min(self._thread_length(), room)
        thread = f"T-{self._conversations:05d}" if length > 1 else ""
        letters: list[Letter] = []
        drafts: list[Draft] = []
        narrator, people = self._cast(plan.topic)
        drift = int(self._chance(0.4) and length > 1) if plan.aside else length
        for index in range(length):
            passing = self._books[plan.aside.name, "en"] if plan.aside and index >= drift else None
            letter = self._letter(plan.topic, letters, people, narrator)
            letter = self._with_remarks(letter, passing, plan.topic.language, narrator, first=index == drift)
            relevant = plan.topic.relevant or passing is not None
            topic = passing.topic if passing else plan.topic
            parent = drafts[-1].message if drafts else ""
            draft = self._draft(letter, topic.name, relevant)
            drafts.append(replace(draft, thread=thread, parent=parent))
            letters.append(letter)
        return drafts, letters

    def _with_remarks(
        self, letter: Letter, passing: Phrasebook | None, language: str, narrator: Narrator, *, first: bool
    ) -> Letter:
        """Put what comes up in passing after the first paragraph, and now and then something ordinary at the end."""
        paragraphs = list(letter.paragraphs)
        if passing:
            paragraphs.insert(1, self._writer.passing(passing, letter.sender, narrator, first=first))
        elif len(paragraphs) > 1 and language == "en" and self._chance(0.13):
            other = self._books[ORDINARY[int(self._random.random() * len(ORDINARY))].name, "en"]
            paragraphs.append(self._writer.postscript(other, letter.sender, narrator))
        return replace(letter, paragraphs=tuple(paragraphs))

    def _letter(self, topic: Topic, earlier: list[Letter], people: list[Person], narrator: Narrator) -> Letter:
        book = self._books[topic.name, topic.language]
        if not earlier:
            sender, reader = people[0], people[1]
            subject = narrator.say(book.subjects.draw())
            sent = self._moment()
            paragraphs = self._writer.message(book, sender, narrator)
            quote = ""
        else:
            last = earlier[-1]
            sender, reader = self._answering(last, people)
            subject = f"{'AW' if topic.language == 'de' else 'Re'}: {earlier[0].subject}"
            sent = self._later(last.sent)
            paragraphs = self._writer.reply(book, sender, narrator)
            quote = quoted(last, outlook=self._conversations % 3 == 0)
        copied = tuple(person for person in people[2:] if person not in (sender, reader))
        greeting = self._writer.greeting(sender, reader, narrator, topic.language)
        closing = self._writer.closing(sender, narrator, topic.language)
        return Letter(sender, (reader,), copied, sent, subject, greeting, paragraphs, closing, quote)

    def _answering(self, last: Letter, people: list[Person]) -> tuple[Person, Person]:
        """Mostly the reader answers the sender; sometimes somebody on copy steps in."""
        if last.copied and self._chance(0.35):
            return last.copied[0], last.sender
        others = [person for person in people if person is not last.readers[0]]
        return last.readers[0], last.sender if self._chance(0.9) else others[0]

    def _newsletter(self, plan: Plan, room: int) -> list[Draft]:
        book = self._books[plan.topic.name, "en"]
        narrator, people = self._cast(plan.topic)
        sender = people[0]
        readers = self._random.sample(STAFF, 4)
        count = min(room, 1 + int(self._random.random() * 2.6))
        greeting = narrator.say("[Dear|Hello|Good morning] ") + f"{readers[0].first},"
        letter = Letter(
            sender, (readers[0],), (), self._moment(), narrator.say(book.subjects.draw()), greeting,
            self._writer.bulletin(book, sender, narrator), f"The team of {sender.name}",
        )  # fmt: skip
        group = f"G-{self._conversations:05d}" if count > 1 else ""
        letters = [letter, *[letter.addressed(reader) for reader in readers[1:count]]]
        drafts = [self._draft(copy, plan.topic.name, plan.topic.relevant) for copy in letters]
        return [replace(draft, kind="newsletter", group=group) for draft in drafts]

    def _copies(self, original: Draft, letter: Letter, room: int) -> list[Draft]:
        if letter.quote or self._chance(0.6):
            return [self._forwarded(original)]
        readers = [person for person in self._random.sample(STAFF, 3) if person not in (letter.sender, *letter.readers)]
        again = [letter.addressed(reader) for reader in readers[: min(room, 1 + self._chance(0.3))]]
        copies = [self._draft(copy, original.topic, original.relevant) for copy in again]
        return [replace(copy, group=original.group) for copy in copies]

    def _forwarded(self, original: Draft) -> Draft:
        """A copy with one more header and a line on top."""
        sender = original.custodian
        reader = pick(self._random, (), (sender, *OUTSIDERS))
        sent = self._later(original.sent + timedelta(days=int(self._random.random() * 9)))
        title = f"Fwd: {original.title}"
        head = f"From: {sender.mailbox}\nTo: {reader.mailbox}\nDate: {stamp(sent)}\nSubject: {title}"
        text = f"{head}\n\n{self._covers.draw()}\n\n---------- Forwarded message ----------\n{original.text}"
        self._messages += 1
        return replace(
            original, title=title, text=text, custodian=reader, sent=sent, sender=sender.mailbox,
            readers=reader.mailbox, thread="", parent="", message=self._message_id(sent),
        )  # fmt: skip

    def _record(self, plan: Plan) -> Draft:
        narrator, people = self._cast(plan.topic)
        book = self._books[plan.topic.name, plan.topic.language]
        moment = self._moment()
        topic, relevant = plan.topic.name, plan.topic.relevant
        if plan.kind == "minutes":
            topic = "minutes"
            relevant = plan.aside is not None
            record = self._minutes(relevant, narrator, moment)
        elif plan.kind == "contract":
            record = records.contract(book, narrator)
        elif plan.kind == "ticket":
            pasted = self._hostile.draws(1 + self._chance(0.5)) if self._chance(0.5) else []
            record = records.ticket(book, people[1], self._writer, narrator, moment, pasted)
        elif plan.kind == "chat":
            record = records.chat(book, people, self._writer, narrator, moment)
        else:
            topic = "notes"
            record = records.note(narrator)
        return self._paper(plan.kind, record, topic, relevant, people, moment)

    def _minutes(self, relevant: bool, narrator: Narrator, moment: datetime) -> Record:
        topics = self._random.sample(AGENDA, 13)
        if relevant:
            topics[4 + int(self._random.random() * 7)] = self._asides.draw()
        present = self._random.sample(STAFF, 5)
        return records.minutes(
            [self._books[topic.name, "en"] for topic in topics], present, self._writer, narrator, moment
        )

    def _paper(
        self, kind: str, record: Record, topic: str, relevant: bool, people: list[Person], moment: datetime
    ) -> Draft:
        owner = next(person for person in people if person.domain == DOMAIN)
        return Draft(kind, record.title, record.text, topic, relevant, owner, moment, owner.mailbox)

    def _draft(self, letter: Letter, topic: str, relevant: bool) -> Draft:
        staff = [person for person in (letter.sender, *letter.readers) if person in STAFF]
        custodian = staff[int(self._random.random() * len(staff))] if staff else STAFF[0]
        self._messages += 1
        return Draft(
            "mail", letter.subject, letter.text, topic, relevant, custodian, letter.sent, letter.sender.mailbox,
            "; ".join(person.mailbox for person in letter.readers), message=self._message_id(letter.sent),
        )  # fmt: skip

    def _cast(self, topic: Topic) -> tuple[Narrator, list[Person]]:
        """Choose who writes, who reads, who is on copy, and who is only talked about."""
        sender = pick(self._random, topic.senders)
        staff = tuple(team for team in topic.readers if all(team != person.team for person in OUTSIDERS))
        reader = pick(self._random, staff, (sender, *OUTSIDERS))
        people = [sender, reader]
        while self._chance(0.22) and len(people) < 5:
            people.append(pick(self._random, staff if self._chance(0.5) else (), (*people, *OUTSIDERS)))
        colleague = pick(self._random, staff if self._chance(0.5) else (), (*people, *OUTSIDERS))
        second = pick(self._random, (), (*people, colleague, *OUTSIDERS))
        narrator = Narrator(self._random, {"colleague": colleague.first, "colleague2": second.first})
        if sender.domain != DOMAIN:
            # A customer does not report what "the customer" said, nor a supplier what "the supplier" did.
            narrator.told.update(
                said for said in topic.openings + topic.details + topic.asks if THIRD_PARTY.search(said)
            )
        return narrator, people

    def _thread_length(self) -> int:
        draw = self._random.random()
        if draw < 0.62:
            return 1
        return 2 + int(((draw - 0.62) / 0.38) ** 2.2 * 6)

    def _moment(self) -> datetime:
        """A minute of a working day."""
        day = FIRST_DAY + timedelta(days=int(self._random.random() * DAYS))
        if day.weekday() > 4 and self._chance(0.9):
            day -= timedelta(days=day.weekday() - 4)
        return day + timedelta(minutes=int(60 * (7 + 12 * self._random.random())))

    def _later(self, moment: datetime) -> datetime:
        """Minutes to two days later, mostly within working hours."""
        later = moment + timedelta(minutes=int(4 + 2500 * self._random.random() ** 2))
        if later.hour in range(7, 20) or self._chance(0.08):
            return later
        return later.replace(hour=8) + timedelta(days=int(later.hour > 19), minutes=int(self._random.random() * 150))

    def _message_id(self, sent: datetime) -> str:
        return f"<{sent:%Y%m%d.%H%M}.{self._messages:06d}@{DOMAIN}>"

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


def quoted(letter: Letter, *, outlook: bool) -> str:
    """Quote a mail the way mail programs do, cut after some 230 words."""
    body = _cut((letter.own + "\n\n" + letter.quote).strip().split("\n"))
    if outlook:
        head = ["-----Original Message-----", f"From: {letter.sender.name}", f"Sent: {stamp(letter.sent)}"]
        return "\n".join([*head, f"Subject: {letter.subject}", "", *body])
    return "\n".join([f"On {stamp(letter.sent)}, {letter.sender.name} wrote:", *[f"> {row}".rstrip() for row in body]])


def _cut(rows: Sequence[str]) -> list[str]:
    kept: list[str] = []
    words = 0
    for row in rows:
        words += len(row.split())
        if words > QUOTED_WORDS and kept:
            return [*kept, "[...]"]
        kept.append(row)
    return kept
