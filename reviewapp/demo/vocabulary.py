"""The words that sentences of every topic share: companies, products, places, times and numbers, all invented."""

COMPANY = "Halverin Flow Systems"
DOMAIN = "halverin.example"


def lines(block: str) -> tuple[str, ...]:
    """Read one template per line, without empty lines."""
    return tuple(line.strip() for line in block.splitlines() if line.strip())


# Inclusive ranges.
NUMBERS: dict[str, tuple[int, int]] = {
    "few": (2, 6),
    "n": (3, 12),
    "nn": (13, 96),
    "ddd": (100, 999),
    "dddd": (1000, 9899),
    "week": (2, 51),
    "dom": (1, 28),
    "hour": (8, 18),
    "floor": (1, 4),
    "year": (2016, 2020),
    "digit": (1, 9),
}

WORDS: dict[str, tuple[str, ...]] = {
    "product": lines("HV-25\nHV-60\nKB-12\nST-8\nGT-100\nAX-3\nKB-20\nGT-80\nFL-5"),
    "anyproduct": lines("HV-25\nHV-40\nHV-60\nHV-40\nKB-12\nST-8\nGT-100\nAX-3\nKB-20"),
    "supplier": lines("""
        Toller & Pym
        Marlowick Gaskets
        Ondal Seals
        Quessart Coatings
        Dorvey Packaging
        Ferrisby Tools
        Aldric Steel Service
        Nimbrook Electrics
        Pelham Orr Bearings
        Castellane Pumps
    """),
    "vendor": lines("""
        Toller & Pym
        Marlowick Gaskets
        Ondal Seals
        Quessart Coatings
        Dorvey Packaging
        Ferrisby Tools
        Brennick
        Aldric Steel Service
        Pelham Orr Bearings
    """),
    "customer": lines("""
        Tarnholt Dairies
        Bluewick Chemicals
        Estrava Water
        Norrand Paper
        Pellamy Breweries
        Sundmark Heating
        Cavanport Desalination
        Orlaith Foods
        Grenmoor Sugar
        Vestry Laundries
        Halcott Hospitals
    """),
    "site": lines("Brackwater\nLindow\nVallegris\nOsterau\nBrackwater\nLindow"),
    "city": lines("Osterau\nVallegris\nPort Ansel\nSant Miro\nKirkfell\nLindow\nDravenna\nMontrousse"),
    "machine": lines("""
        the five-axis mill
        lathe 4
        the parts washer
        the big compressor
        the overhead crane in bay 2
        test bench 3
        the paint booth
        the cooling loop
        the boiler in hall B
        the hydraulic press
        conveyor 2
        the shot blaster
        pump P-{nn}
    """),
    "lot": lines("22{nn}-[A|B|C|D]\n{dddd}\nK{ddd}\n22-{ddd}"),
    "heat": lines("[H|S|R]{dddd}\n{dddd}[A|K]"),
    "serial": lines("[2|3]{dddd}{digit}"),
    "invoice": lines("{dddd}-{nn}\nRE-{dddd}\nINV {dddd}{digit}\n{dddd}/{nn}"),
    "po": lines("45{dddd}\nPO {dddd}\nPO-{dddd}{digit}"),
    "ticket": lines("{nn}{ddd}"),
    "room": lines("the [Alder|Birch|Cedar|Rowan] room\nroom {floor}.{nn}\nthe [canteen|library|training room]"),
    "money": lines("€{n},{ddd}\n€{nn},{ddd}\n{nn},{ddd} euros\n€{nn}k\n{nn}.{digit}k\nEUR {dddd}"),
    "amount": lines("€{nn},{ddd}\n€{nn},{digit}00\n{nn} thousand\nEUR {nn},{ddd}"),
    "pct": lines("{n} %\n{nn} %\n{few}.{digit} %\n{few} percent"),
    "month": lines("January\nFebruary\nMarch\nApril\nMay\nJune\nJuly\nAugust\nSeptember\nOctober\nNovember\nDecember"),
    "day": lines("Monday\nTuesday\nWednesday\nThursday\nFriday"),
    "date": lines("{dom} {month}\nthe {nth} of {month}\n{day} the {nth}\n{dom}/{n}\n{day}\n{month} {dom}"),
    "nth": lines("1st\n2nd\n3rd\n4th\n6th\n7th\n8th\n9th\n11th\n12th\n14th\n17th\n19th\n21st\n22nd\n23rd\n25th\n28th"),
    "time": lines("{hour}:00\n{hour}:30\n{hour}:15\n{hour}.45\nhalf past {few}\n{n} o'clock"),
    "soon": lines("""
        by {day}
        before {day} [noon|evening|lunch]
        by the end of [the week|the day|{month}]
        this week
        [today|tomorrow] if you can
        [when you have a minute|when you are back]
        [before|ahead of] the {day} [call|meeting]
        in the next {few} days
    """),
    "past": lines("""
        [last|on] {day}
        [yesterday|this morning|this afternoon]
        in week {week}
        [early|late] [last|this] week
        on {date}
        [two|three|a few] [days|weeks] ago
        back in {month}
        last night
    """),
    "project": lines("Project [Lantern|Juniper|Tidewater|Corvid|Saltmarsh|Marigold|Bellows|Fenwick]"),
    "candidate": lines("""
        Tobias Wren
        Amara Oduvale
        Clara Bexfield
        Ilan Torvik
        Noor Hadrami
        Philippa Stroud
        Mateo Lindqvar
        Greta Hollins
        Samuel Pike-Arden
        Yelena Marsk
        Dominic Farraday
        Hui Tamsen
    """),
    "role": lines("""
        [senior |junior |]test engineer
        buyer
        warehouse lead
        field service technician
        payroll clerk
        [regional|inside] sales manager
        CNC operator
        [second |]maintenance fitter
        data analyst
        purchasing assistant
        apprentice machinist
    """),
    "team": lines("""
        the Lindow Lions
        Brackwater Rovers
        the Kirkfell Otters
        Port Ansel United
        the Osterau Kickers
        Dravenna
        the Harbour Hawks
        Sant Miro
    """),
    "mood": lines("[glad|happy|pleased|relieved|sorry|afraid]"),
}

# Drawn once in a conversation and kept: the facts it is about.
STICKY = frozenset({
    "product", "anyproduct", "supplier", "vendor", "customer", "site", "city", "machine", "lot", "invoice", "po",
    "ticket", "amount", "project", "candidate", "role", "team", "heat", "room",
})  # fmt: skip

# Words that may stand for each other in any English sentence; each line is one group, the first is what templates say.
SYNONYMS: dict[str, str] = {line.split("|")[0]: f"[{line}]" for line in lines("""
    I am|I'm|I am
    I will|I'll|I am going to
    we are|we're|we are
    we will|we'll|we are going to
    you are|you're|you are
    they are|they're|they are
    it is|it's|it is
    that is|that's|that is
    there is|there's|there is
    do not|don't|do not
    does not|doesn't|does not
    did not|didn't|did not
    is not|isn't|is not
    are not|aren't|are not
    was not|wasn't|was not
    has not|hasn't|has not
    will not|won't|will not
    would not|wouldn't|would not
    nobody|nobody|no one
    cannot|can't|cannot
    because of|because of|due to
    a little|a little|a bit
    asks for|asks for|wants|requests
    without a|without a|with no
    the rest|the rest|the remainder
    somebody|somebody|someone
    everybody|everybody|everyone
    because|because|since|as
    whether|whether|if
    until|until|till
    again|again|once more|again
    more than|more than|over
    very|very|really|very
    so far|so far|until now|up to now|to date
    let me know|let me know|tell me|drop me a line
    can you|can you|could you|would you|can you please
    could you|could you|can you|would you|could you please
    big|big|large
    small|small|little|minor
    quickly|quickly|fast
    at the moment|at the moment|right now|currently
    needs|needs|requires|needs
    want to|want to|would like to
    wants to|wants to|would like to
    ends|ends|is over|ends
    probably|probably|most likely|I suppose
    anyway|anyway|in any case
    in good order|in good order|in good shape|fine
    excellent|excellent|outstanding|first class
    happy|happy|pleased|glad
    difficult|difficult|tricky|hard
    attached|attached|enclosed|attached
    instead of|instead of|rather than
    a new one|a new one|another one|a replacement
    I think|I think|I guess|I believe
    a few|a few|a couple of|some
    next to|next to|beside|close to
    a copy|a copy|a scan|a copy
    the whole|the whole|the entire
    sometimes|sometimes|now and then|once in a while
    at once|at once|right away|immediately
    maybe|maybe|perhaps
    minutes|minutes|minutes|min
    euros|euros|euros|EUR
""")}  # fmt: skip
