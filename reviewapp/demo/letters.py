"""Single mails: who writes to whom, in which manner, and how the parts are put on the page."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from random import Random
from typing import TypeAlias

from reviewapp.demo.grammar import Deck, Narrator
from reviewapp.demo.people import Manner, Person
from reviewapp.demo.topics import Topic
from reviewapp.demo.vocabulary import COMPANY, DOMAIN, WORDS, lines

PREFIXES = lines("""
    as far as I can tell,
    for what it's worth,
    just so you know,
    according to {colleague},
    as discussed,
    one more thing:
    in case it helps,
    if I remember correctly,
    from what I hear,
    to be fair,
    and yes,
    I checked [again|twice]:
    not sure it matters, but
    you were right,
    between meetings:
    short answer:
    as I said on the phone,
    [sadly|luckily|frankly],
""")

TAILS = lines("""
    , by the way.
    , [I think|I believe|I would say|if you ask me].
    , [apparently|it seems|so I hear|as it looks].
    , as [you know|we said|I wrote|you may have seen].
    , at least [here|in {site}|so far|on paper|from what I saw].
    ([see the list|page {n}|my note of {date}|ask {colleague}|details below]).
    , says {colleague2}.
    , [to my surprise|for the record|no surprise there|to be clear|between us].
    , as of {day}.
    - [again|finally|at last|in short|believe it or not].
    , [{colleague}|{colleague2}|everyone here] [agrees|can confirm it|told me the same].
""")

JOINTS = (", and ", "; ", " - ", ", and ", "; also, ", ", plus ", " and ", "; besides, ", " ... ", ", and then ")

WARM_UPS = lines("""
    I hope you had a [good|quiet|restful|sunny] [weekend|holiday|start into the week].
    sorry for the [late|slow] answer, it has been [a long week|one of those weeks|busy here|mad over here].
    thanks for [the quick reply|your help last week|taking the time on {day}|the coffee {past}].
    it was good to see you [at the party|in {city}|on {day}|in the canteen].
    I am writing this from the train, so [please be kind|it is short|the line may drop|excuse the typing].
    I tried to call you {past} but [got your voice mail|the line was busy|nobody picked up|could not get through].
    this is a [long|longish] mail, sorry; the short version is in the first line.
    before I forget it[ again|]:
    a [quick|short] one [today|for now|before lunch]:
    [two|three|a few] things from my side [today|this time|before I leave].
    I know you are [busy|snowed under|about to leave], so I will be [short|quick].
    following up on [our call|our chat|what we said] {past}:
""")

WIND_DOWNS = lines("""
    {colleague} sends [regards|greetings|best wishes].
    my calendar is [up to date|open|not too bad on {day}], just take a slot.
    I am out of the office from {date} on, {colleague2} [covers|will help|knows what to do].
    [coffee|lunch|a quick call|a walk] on {day}?
    I have put {colleague} on copy[| so that nothing gets lost| as agreed].
    we can also talk about it [on {day}|in {room}|over coffee|when you are in {site}].
    more when I know more[|, probably on {day}| - do not hold your breath].
    the file is too big for mail, it is in the [usual folder|team space|folder of week {week}].
    nothing of this is urgent, but I wanted it off my [list|desk|chest].
    I will be in {site} on {day} [anyway|all day|until {time}].
    please excuse the [German|Spanish|strange|tiny] keyboard.
    there is no rush before {day}[|, unless {colleague} says otherwise].
    I have only read the first [page|half|two pages] so far.
    ask me if anything is [unclear|missing|odd].
    it is [raining sideways|far too warm|finally quiet|grey and cold] here[|, by the way| in {site}].
    if I forgot [something|anything], [shout|ring me|blame the hour].
    I am [at my desk|reachable|around] until {time}[| today].
""")

LEAD_INS = lines("""
    P.S.
    [on another note|different topic|something else]:
    while I have you:
    [also|oh], and unrelated:
    P.S. from the other pile:
    before I forget:
""")

REPLIES = lines("""
    thanks, [got it|noted|that helps].
    thank you for [the details|letting me know|the quick answer|being so open|the explanation|your patience].
    I [agree|see it the same way|am with you], with one [remark|exception|small doubt].
    [no|sorry|hm, no], [I do not see it like that|I disagree|that is not how I remember it].
    I have talked to {colleague} and [the picture is clearer now|there is a bit more to it].
    [ok|fine|good|agreed], let's [do it like that|go ahead|try it that way].
    I would like to add [something|one thing|a remark] to [your point|your mail|what you wrote].
    that is [new|news] to me[|, I must say|, but it explains a lot].
    see my [notes|comments] below.
    [wow|oh dear|hm|right], I did not [expect that|see that coming].
    before I answer, [one|a] question [back|from my side|of mine].
    I looked at it again {past}.
    adding {colleague2}, who knows more about it.
    quick reply from my side:
    I was about to [write|say|suggest] the same[|, word for word| to {colleague}].
    that [makes sense|sounds right|looks good|is fair] [to me|from here|in my eyes].
    you are asking the right [question|person][|, for once|, as it happens].
    as promised, here is [my answer|what I found|the short version].
""")

SHORT_REPLIES = lines("""
    ok, thanks
    thanks!
    [ok|fine] by me.
    will do {soon}.
    noted, thank you.
    yes please
    no objection from my side.
    👍
    Got it, I'll call you on {day}.
    perfect, thanks {colleague}
    can we talk about it on {day}?
    see you there
    I have nothing to add.
    done.
""")

FOREIGN: dict[str, Manner] = {
    "de": Manner(
        ("Hallo {to},", "Guten Tag,", "Liebe Kolleginnen und Kollegen,", "Guten Morgen {to},"),
        ("Viele Grüße", "Mit freundlichen Grüßen", "Gruß", "Schönen Feierabend"),
    ),
    "es": Manner(
        ("Hola {to}:", "Buenos días, {to}:", "Estimados compañeros:", "Buenas tardes:"),
        ("Un saludo,", "Saludos cordiales,", "Gracias y un saludo,", "Un abrazo,"),
    ),
}

FOREIGN_REPLIES: dict[str, tuple[str, ...]] = {
    "de": lines("""
        vielen Dank für die [schnelle|ausführliche] Antwort.
        danke, das habe ich [notiert|verstanden|weitergegeben].
        ich sehe das [genauso|etwas anders].
        dazu noch eine [Ergänzung|Frage] von mir.
    """),
    "es": lines("""
        gracias por la respuesta [tan rápida|y por la ayuda].
        de acuerdo, [lo apunto|se lo digo a {colleague}|así lo hacemos].
        yo lo veo [igual|de otra manera].
        añado [una cosa más|un detalle].
    """),
}

DISCLAIMERS = lines("""
    This message may contain confidential information. If it is not meant for you, please delete it.
    Please think of the trees before you print this mail.
    Registered office: Brackwater. Managing director: Caroline Steyne.
    Working part time: in the office Monday to Thursday.
""")

ODDITIES = (
    "P.S. the sensor reads −4 °C at +20 °C … so much for “plug & play” ¯\\_(ツ)_/¯",
    "P.S. 𝗽𝗹𝗲𝗮𝘀𝗲 use the 𝘯𝘦𝘸 form — the old one eats the ½ and the µ signs",
    "(typed on the tablet: <<sorry>> for the ´strange` quotes „here“ and «there»)",
    "P.S. the family photo 👨‍👩‍👧‍👦 and the 🇪🇸 trip pictures are on the shared drive",
    "Wei signs as 魏兰芬 in the new system, the label printer shows ????? instead.",
    "P.S. my keyboard is stuck:::: sorry;;;",
    "[image001.png] [image002.png] [cid:part1.0A3F]",
    "The web form showed <b>Saved</b><br/>&nbsp;&amp; then nothing.",
    'Excel turned the part number into "=1+1" and then into a date. Again.',
)

EMOJI = ("🙂", "👍", "🎉", "😅", "🙏", "😬", "✨", "🤞")
Saying: TypeAlias = tuple[str, ...]
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def stamp(moment: datetime) -> str:
    """A date as a mail header shows it."""
    month = WORDS["month"][moment.month - 1][:3]
    return f"{WEEKDAYS[moment.weekday()]}, {moment.day} {month} {moment.year} {moment:%H:%M}"


@dataclass(frozen=True)
class Letter:
    """One mail in its parts."""

    sender: Person
    readers: tuple[Person, ...]
    copied: tuple[Person, ...]
    sent: datetime
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    closing: str
    quote: str = ""

    @cached_property
    def own(self) -> str:
        """What the sender wrote, without headers and quotes."""
        return "\n\n".join(part for part in (self.greeting, *self.paragraphs, self.closing) if part)

    @cached_property
    def text(self) -> str:
        """The mail as it is read: header lines, body, quoted mails."""
        head = [f"From: {self.sender.mailbox}", f"To: {'; '.join(person.mailbox for person in self.readers)}"]
        if self.copied:
            head.append(f"Cc: {'; '.join(person.mailbox for person in self.copied)}")
        head += [f"Date: {stamp(self.sent)}", f"Subject: {self.subject}"]
        return "\n\n".join(part for part in ("\n".join(head), self.own, self.quote) if part)

    def addressed(self, reader: Person) -> "Letter":
        """The same mail to another reader."""
        greeting = self.greeting.replace(self.readers[0].first, reader.first)
        return replace(self, readers=(reader,), greeting=greeting)


def plain(templates: list[str]) -> list[Saying]:
    """Templates as they are, each a sentence of its own."""
    return [(template,) for template in templates]


class Phrasebook:
    """The sentence templates of one topic, dealt so that neighbours do not repeat each other."""

    def __init__(self, topic: Topic, random: Random) -> None:
        self.topic = topic
        self.subjects = Deck(topic.subjects, random)
        self.openings = Deck(topic.openings, random)
        self.details = Deck(topic.details, random)
        self.asks = Deck(topic.asks, random)
        self.rows = Deck(topic.rows, random)


class Writer:
    """Writes the body of mails in the manner of their senders."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._warm_ups = Deck(WARM_UPS, random)
        self._wind_downs = Deck(WIND_DOWNS, random)
        self._lead_ins = Deck(LEAD_INS, random)
        self._replies = Deck(REPLIES, random)
        self._short = Deck(SHORT_REPLIES, random)
        self._prefixes = Deck(PREFIXES, random)
        self._tails = Deck(TAILS, random)
        self._oddities = Deck(ODDITIES, random)
        self._foreign = {language: Deck(templates, random) for language, templates in FOREIGN_REPLIES.items()}

    def greeting(self, sender: Person, reader: Person, narrator: Narrator, language: str = "en") -> str:
        """Greet the reader as this sender does."""
        manner = FOREIGN.get(language, sender.manner)
        return narrator.say(self._one(manner.greetings).replace("{to}", reader.first))

    def closing(self, sender: Person, narrator: Narrator, language: str = "en") -> str:
        """Close and sign as this sender does."""
        manner = FOREIGN.get(language, sender.manner)
        initials = "".join(part[0] for part in sender.name.split()).lower()
        words = narrator.say(self._one(manner.closings).replace("{initials}", initials))
        habit = sender.manner.habit
        if habit == "lowercase":
            return f"{words.lower()}\n{sender.first.lower()}".strip()
        if habit == "block" or self._chance(0.12):
            return f"{words}\n{self._block(sender, narrator)}".strip()
        if habit == "brisk":
            return words or sender.first[0]
        return f"{words}\n{sender.first}".strip()

    def message(self, book: Phrasebook, sender: Person, narrator: Narrator) -> tuple[str, ...]:
        """Write the paragraphs of a first mail."""
        english = book.topic.language == "en"
        opening = plain(narrator.untold(book.openings, 1)) + self._details(book, self._length() // 2, narrator)
        if english and self._chance(0.16):
            opening.insert(0, (self._warm_ups.draw(),))
        paragraphs = [self._paragraph(opening, sender, narrator), *self._middle(book, sender, narrator)]
        if self._chance(0.7):
            asks = narrator.untold(book.asks, 1 + self._chance(0.2))
            paragraphs.append(self._paragraph(plain(asks), sender, narrator))
        if english and self._chance(0.3):
            farewell = self._wind_downs.draws(1 + self._chance(0.25))
            paragraphs.append(self._paragraph(plain(farewell), sender, narrator))
        if self._chance(0.025):
            paragraphs.append(self._oddities.draw())
        return tuple(part for part in paragraphs if part)

    def reply(self, book: Phrasebook, sender: Person, narrator: Narrator) -> tuple[str, ...]:
        """Write the paragraphs of an answer."""
        language = book.topic.language
        details = self._details(book, 1 + int(self._random.random() * 3), narrator)
        if language == "en" and (not details or self._chance(0.13)):
            return (self.sentence((self._short.draw(),), sender, narrator),)
        answer = self._foreign[language].draw() if language in self._foreign else self._replies.draw()
        first = [(answer,), *details]
        paragraphs = [self._paragraph(first, sender, narrator)]
        if self._chance(0.45):
            paragraphs += self._middle(book, sender, narrator)
        if self._chance(0.5):
            paragraphs.append(self._paragraph(plain(narrator.untold(book.asks, 1)), sender, narrator))
        return tuple(part for part in paragraphs if part)

    def passing(self, book: Phrasebook, sender: Person, narrator: Narrator, *, first: bool) -> str:
        """Write one paragraph in which another subject comes up, as if it belonged there."""
        templates = narrator.untold(book.openings, 1) if first else []
        templates += narrator.untold(book.details, 1 + self._chance(0.4))
        return self._paragraph(plain(templates), sender, narrator)

    def postscript(self, book: Phrasebook, sender: Person, narrator: Narrator) -> str:
        """Write one paragraph about something else that is said to be something else."""
        return self.sentence((self._lead_ins.draw(), " ", book.details.draw()), sender, narrator)

    def bulletin(self, book: Phrasebook, sender: Person, narrator: Narrator) -> tuple[str, ...]:
        """Write a newsletter: a welcome, many short items, a farewell."""
        mark = self._one(("* ", "- ", "• ", "", "▪ "))
        items = [mark + narrator.say(template) for template in book.details.draws(5 + int(self._random.random() * 6))]
        joint = "\n" if mark else "\n\n"
        return (
            self.sentence((book.openings.draw(),), sender, narrator),
            joint.join(items),
            self._paragraph(plain(book.asks.draws(2)), sender, narrator),
        )

    def sentence(self, saying: Saying, sender: Person, narrator: Narrator) -> str:
        """Say one sentence with the habit of its author."""
        said = narrator.say(*saying)
        habit = sender.manner.habit
        if habit == "lowercase" and said[1:2].islower():
            said = said[0].lower() + said[1:]
        elif habit == "lively" and self._chance(0.3):
            said = said.removesuffix(".") + self._one(("!", "!!", f" {self._one(EMOJI)}", "! 🙂"))
        elif habit == "typos" and self._chance(0.25):
            said = self._typo(said)
        elif habit == "brisk" and self._chance(0.3):
            said = said.replace(" I have ", " have ").replace("I will ", "will ").replace(" and ", " & ", 1)
        return said

    def _middle(self, book: Phrasebook, sender: Person, narrator: Narrator) -> list[str]:
        sayings = self._details(book, self._length(), narrator)
        half = len(sayings) // 2 if len(sayings) > 4 else 0
        paragraphs = [self._paragraph(part, sender, narrator) for part in (sayings[:half], sayings[half:]) if part]
        if book.topic.rows and self._chance(0.16):
            paragraphs.append(self._table(book.rows.draw(), narrator))
        return paragraphs

    def _table(self, row: str, narrator: Narrator) -> str:
        rows = []
        for _ in range(2 + int(self._random.random() * 6)):
            # A table lists several things, so only the people of the conversation stay the same.
            people = {key: narrator.facts[key] for key in ("colleague", "colleague2")}
            rows.append(Narrator(self._random, people).say(row))
        return "\n".join(rows)

    def _details(self, book: Phrasebook, count: int, narrator: Narrator) -> list[Saying]:
        templates = narrator.untold(book.details, count)
        if book.topic.language != "en":
            return plain(templates)
        said: list[Saying] = []
        for template in templates:
            request = template.startswith("please")
            if said and not request and len(said[-1]) < 4 and said[-1][-1].endswith(".") and self._chance(0.28):
                said[-1] = (*said[-1][:-1], said[-1][-1][:-1], self._one(JOINTS), template)
            else:
                said.append((template,) if request else self._varied(template))
        return said

    def _varied(self, template: str) -> Saying:
        """Say a statement plainly, after a turn of speech, or with an afterthought."""
        draw = self._random.random()
        if draw < 0.15:
            return self._prefixes.draw(), " ", template
        if draw < 0.35 and template.endswith("."):
            tail = self._tails.draw()
            return template[:-1], "" if tail[0] == "," else " ", tail
        return (template,)

    def _paragraph(self, sayings: list[Saying], sender: Person, narrator: Narrator) -> str:
        return " ".join([self.sentence(saying, sender, narrator) for saying in sayings])

    def _length(self) -> int:
        """Half of all mails are short, some are long."""
        draw = self._random.random()
        if draw < 0.5:
            return 2 + int(draw * 4)
        return 4 + int((draw - 0.5) * 8) if draw < 0.85 else 8 + int((draw - 0.85) * 40)

    def _block(self, sender: Person, narrator: Narrator) -> str:
        house = COMPANY if sender.domain == DOMAIN else sender.domain.split(".")[0].replace("-", " ").title()
        block = f"{sender.name}\n{sender.job}, {house}"
        if self._chance(0.5):
            block += f"\nTel. 555-{narrator.say('{dddd}')}"
        if self._chance(0.25):
            block += f"\n\n{self._one(DISCLAIMERS)}"
        return block

    def _typo(self, said: str) -> str:
        at = 2 + int(self._random.random() * max(1, len(said) - 5))
        pair = said[at : at + 2]
        return said[:at] + pair[::-1] + said[at + 2 :] if pair.isalpha() and pair.islower() else said

    def _one(self, options: tuple[str, ...]) -> str:
        return options[int(self._random.random() * len(options))]

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
