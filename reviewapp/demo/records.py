"""Papers that are not mails: minutes, contracts, tickets, chats and one-line notes."""

# ruff: noqa: E501 - a clause is easier to read and to edit on one line

from dataclasses import dataclass
from datetime import datetime, timedelta

from reviewapp.demo.grammar import Narrator
from reviewapp.demo.letters import Phrasebook, Writer, stamp
from reviewapp.demo.people import STAFF, Person
from reviewapp.demo.vocabulary import COMPANY, lines

NOTES = lines("""
    ok, thanks
    [yes|no|maybe], see you {day}
    👍
    Call me.
    in {room}, five minutes
    Thanks {colleague}!
    running late, start without me
    {hour}:{nn} works for me
    done ✅
    who is [this|that]?
    sorry, wrong person 🙈
    please print two copies
    :-)
    FYI
    [left|lost] my badge again
    Can you resend? The attachment was empty.
""")

HOSTILE = (
    "<script>alert('ticket')</script>",
    "<img src=x onerror=\"document.title='gotcha'\">",
    "</textarea></div><h1>Not a headline</h1>",
    "{{ 7*7 }} {% debug %} ${7*7}",
    "'; DROP TABLE tickets; --",
    '=HYPERLINK("http://intranet.halverin.example","click")',
    "&lt;b&gt;already escaped&lt;/b&gt; &amp;amp;",
    "C:\\temp\\new\\report.txt\t\\x00 %s %n %00",
    "<a href=\"javascript:alert(1)\" onclick='return false'>reset here</a>",
    "<!-- <style>body{display:none}</style> -->",
    "\u202etxt.exe\u202c looked like exe.txt",
)

CLAUSES = lines("""
    the [Supplier|Contractor] shall [deliver|supply] the [goods|products] listed in the schedule in the quality and quantity [agreed|ordered], [properly|suitably] packed and marked with the order number {po}. Partial deliveries need the [written|prior] consent of the Buyer, which shall not be refused without reason.
    prices are fixed for {nn} months and include packing, [insurance|loading] and all taxes except value added tax. Should the [index|list price] of the raw material change by more than {pct}, the parties will [meet|talk] within {nn} days and [adjust|review] the prices in good faith.
    invoices are due {nn} days after receipt of the goods and of a proper invoice, whichever is later. The Buyer may set off [undisputed|established] claims. Advance payments are only made against a bank guarantee of the same amount.
    the Buyer inspects the goods for [visible|obvious] defects within {nn} days of delivery. Hidden defects are notified within {n} days of their discovery. Acceptance of a delivery is no waiver of any right.
    the [Supplier|Contractor] warrants that the goods are free from defects in material and workmanship for {nn} months from delivery. Defective goods are repaired or replaced at the choice of the Buyer, [at no cost|free of charge], at the place where they are.
    each party's liability for slight negligence is limited to {amount} for each event and to twice that sum for each calendar year. Liability for injury to persons and under mandatory law remains [unaffected|as it is].
    the [Supplier|Contractor] maintains a quality system and keeps test records and material certificates for {n} years. The Buyer may audit the works with {nn} days' notice during normal working hours and may bring [its customers|a third party].
    confidential information is all information which is marked as such or which a reasonable person would hold to be confidential. It may be shown only to employees who need it for {project} and have signed a similar undertaking.
    drawings, models and tools paid for by the Buyer remain its property, are marked accordingly and are [returned|handed over] on request. The [Supplier|Contractor] insures them against fire and theft for {amount}.
    neither party is liable for events beyond its [reasonable |]control, such as flood, strike, epidemic or a ban by an authority. If such an event lasts for more than {nn} days, either party may withdraw from the orders concerned.
    this agreement begins on {date} and runs for {few} years. It is renewed by one year at a time unless one of the parties gives notice {n} months before its end. The right to terminate for cause remains.
    the parties will try to settle every dispute by talks between their managers. If these fail within {nn} days, the courts at the seat of the [Buyer|defendant] decide. The law of the seat of the Buyer applies, without its conflict rules.
    the [Supplier|Contractor] observes the code of conduct of the Buyer, pays at least the legal minimum wage and employs no children. It will pass these duties on to its own [suppliers|subcontractors].
    changes to this agreement, including this clause, must be in writing. An invalid clause is replaced by a valid one which comes closest to what the parties wanted. Headings are for convenience only.
    orders are placed [by mail|through the portal] and are binding unless rejected within {few} working days. Forecasts are given each month for {n} months, of which only the first {few} are binding.
    if the [Supplier|Contractor] is late it pays {few}.{digit} percent of the order value for each full week, at most {n} percent. The Buyer may claim higher damage if it can be shown.
    the [Supplier|Contractor] carries product liability insurance of at least {amount} for each event and sends a certificate each year without being asked. The cover includes the cost of taking parts out and putting new ones in.
    spare parts are available for {n} years after the last delivery at prices which bear a fair relation to those of the series. Before the end of production the Buyer may place a last order.
    personal data of contact persons is used for this agreement only and is deleted when it is no longer needed. Each party informs the other within {few} days of a loss of data.
    the [Supplier|Contractor] may not assign claims or hand over work to third parties without consent. A change of control has to be notified within {nn} days and gives the Buyer the right to terminate.
    technical changes, including a change of the place of manufacture, the process or the sub-supplier, are announced {n} months ahead and need a new first sample. Until it is released the former state is delivered.
    each party names a contact person, for the Buyer {colleague}, for the [Supplier|Contractor] its sales manager. They meet every {few} months to look at deliveries, complaints and savings and keep short minutes.
""")


@dataclass(frozen=True)
class Record:
    """A paper with its title."""

    title: str
    text: str


def minutes(
    books: list[Phrasebook], present: list[Person], writer: Writer, narrator: Narrator, day: datetime
) -> Record:
    """Write the minutes of a long meeting, one item for each phrasebook; 2,000 words and more with 13 books."""
    random = narrator.random
    title = narrator.say("Minutes of the [site|operations|management|weekly] meeting, ") + stamp(day)[5:-6]
    names = ", ".join(person.name for person in present)
    parts = [title.upper(), f"{COMPANY}, {narrator.say('{room}')}\nPresent: {names}\nMinutes: {present[-1].name}"]
    for number, book in enumerate(books, 1):
        item = Narrator(random, {key: narrator.facts[key] for key in ("colleague", "colleague2")})
        heading = f"{number}. {item.say(book.subjects.draw())}"
        notes = [book.openings.draw(), *book.details.draws(10 + int(random.random() * 5))]
        speakers = [present[int(random.random() * len(present))] for _ in notes]
        said = [
            f"{who.first}: {writer.sentence((note,), who, item)}" for who, note in zip(speakers, notes, strict=True)
        ]
        action = item.say("Action: {colleague}, {soon}.") if random.random() < 0.6 else item.say("[Noted|No action].")
        parts.append("\n".join([heading, *said, action]))
    return Record(title, "\n\n".join(parts))


def contract(book: Phrasebook, narrator: Narrator) -> Record:
    """Write a supply contract with a schedule; 2,000 words and more."""
    random = narrator.random
    kind = narrator.say("[Supply|Frame|Service|Development] [agreement|contract]")
    other = narrator.say("{supplier}")
    clauses = list(CLAUSES)
    random.shuffle(clauses)
    parts = [
        f"{kind.upper()}\n\nbetween {COMPANY} (the Buyer) and {other} (the Supplier)",
        narrator.say(
            "whereas the parties have worked together since {year} and wish to put {project} on a firm footing, they agree as follows."
        ),
    ]
    parts += [f"§ {number}\n{_own_numbers(narrator).say(clause)}" for number, clause in enumerate(clauses, 1)]
    parts.append("SCHEDULE: goods and services")
    for number in range(1, 48 + int(random.random() * 20)):
        line = _own_numbers(narrator)
        parts.append(line.say(
            f"item {number}: {{nn}} [pieces|sets|boxes] of {{product}} [parts|kits|fittings], drawing {{dddd}}-{{n}}, "
            "[painted|uncoated|zinc plated|oiled], {money} [each lot|per hundred|per delivery], lead time {n} weeks, "
            "[to be delivered to|for] {site}, [test report|no certificate|label] included."
        ))  # fmt: skip
    parts.append(
        f"Signed in {narrator.say('{site}')}, {narrator.say('{date}')}\n\n{narrator.say('{colleague}')} / {other}"
    )
    return Record(f"{kind} {other}", "\n\n".join(parts))


def _own_numbers(narrator: Narrator) -> Narrator:
    """A narrator who knows the parties but draws order numbers and sums anew."""
    kept = {key: value for key, value in narrator.facts.items() if key in ("supplier", "project", "colleague")}
    return Narrator(narrator.random, kept)


def ticket(
    book: Phrasebook, reporter: Person, writer: Writer, narrator: Narrator, opened: datetime, pasted: list[str]
) -> Record:
    """Write a help desk ticket with what its reporter pasted and with its history."""
    random = narrator.random
    number = narrator.say("{ticket}")
    problem = writer.sentence((book.openings.draw(),), reporter, narrator)
    history = []
    moment = opened
    for detail in book.details.draws(2 + int(random.random() * 5)):
        moment += timedelta(minutes=5 + int(random.random() * 900))
        agent = STAFF[int(random.random() * len(STAFF))] if random.random() < 0.3 else None
        name = agent.first if agent else narrator.say("[Priya|Sven]")
        history.append(f"{moment:%d.%m. %H:%M} {name}: {narrator.say(detail)}")
    paste = "\n".join(["", "", "Pasted by the user:", *pasted]) if pasted else ""
    status = narrator.say("[open|closed|waiting for user|in progress]")
    head = f"Ticket #{number}\nStatus: {status}\nReported by: {reporter.mailbox}\nOpened: {stamp(opened)}"
    ask = narrator.say(book.asks.draw())
    body = f"{head}\n\nProblem:\n{problem}{paste}\n\nHistory:\n" + "\n".join(history) + f"\n\n{ask}"
    return Record(f"Ticket #{number}: {problem[:60].rsplit(' ', 1)[0]}", body)


def chat(book: Phrasebook, people: list[Person], writer: Writer, narrator: Narrator, start: datetime) -> Record:
    """Write an exported chat between a few people."""
    random = narrator.random
    said = [book.openings.draw(), *book.details.draws(2 + int(random.random() * 6)), book.asks.draw()]
    rows = [f"Chat export, {stamp(start)[:-6]}: {', '.join(person.first for person in people)}"]
    moment = start
    for sentence in said:
        moment += timedelta(seconds=20 + int(random.random() * 400))
        who = people[int(random.random() * len(people))]
        text = writer.sentence((sentence,), who, narrator)
        rows.append(f"[{moment:%H:%M}] {who.first}: {text[0].lower() + text[1:].rstrip('.')}")
        if random.random() < 0.3:
            other = people[int(random.random() * len(people))]
            rows.append(
                f"[{moment:%H:%M}] {other.first}: {narrator.say('[ok|haha|hm|really?|👍|😂|wait|oh no|right|🤦‍♀️]')}"
            )
    return Record(f"Chat: {narrator.say(book.subjects.draw())}", "\n".join(rows))


def note(narrator: Narrator) -> Record:
    """Write a note of a few words."""
    text = narrator.say(NOTES[int(narrator.random.random() * len(NOTES))])
    return Record(narrator.say("[Re:|(no subject)|Message|RE: RE:|quick one]"), text)
