"""The people who write: staff of the invented company, their habits, and those who write from outside."""

from dataclasses import dataclass
from random import Random

from reviewapp.demo.vocabulary import DOMAIN


@dataclass(frozen=True)
class Manner:
    """How somebody writes: greetings, closings, and small habits."""

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    habit: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody with a mail address, a team and a manner of writing."""

    name: str
    team: str
    job: str
    manner: Manner
    domain: str = DOMAIN

    @property
    def first(self) -> str:
        """The first name, as colleagues use it."""
        return self.name.split()[0]

    @property
    def address(self) -> str:
        """The mail address."""
        return f"{self.name.lower().replace(' ', '.')}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """Name and address as a mail header shows them."""
        return f"{self.name} <{self.address}>"


WARM = Manner(
    ("Hi {to},", "Hello {to},", "Hi {to}, hope you are well.", "Good morning {to},", "Hi both,", "Hello everyone,"),
    ("Best,", "Thanks a lot,", "Many thanks and best wishes,", "Have a good [day|evening|weekend],", "Cheers,"),
)
FORMAL = Manner(
    ("Dear {to},", "Dear {to},", "Dear colleagues,", "Good afternoon {to},", "Dear all,"),
    ("Kind regards,", "Best regards,", "With best regards,", "Yours sincerely,", "Regards,"),
    "block",
)
BRISK = Manner(
    ("{to},", "{to} -", "Hi,", "", "", "All,"),
    ("Thanks", "Rgds", "", "", "/{initials}", "Thx,"),
    "brisk",
)
CASUAL = Manner(
    ("hey {to}", "hi {to}!", "morning {to}", "hi all", "", "hey,"),
    ("cheers", "thx", "ta", "see you [later|tomorrow|at lunch]", "", "x"),
    "lowercase",
)
LIVELY = Manner(
    (
        "Hi {to}!",
        "Hello hello,",
        "Hi {to} 🙂",
        "Happy [almost-weekend|new week|new month], {to}!",
        "Hey team!",
        "Hi {to},",
    ),
    ("Thank you!!", "Cheers 👍", "Have a great [day|evening|week]!", "Big thanks,", "All the best ☀️"),
    "lively",
)
HASTY = Manner(
    ("Hi {to},", "{to},", "Hi", "Hello {to},", ""),
    ("Thanks,", "BR", "Sent from my phone", "Best", "Sent from my phone, please excuse typos"),
    "typos",
)

STAFF: tuple[Person, ...] = (
    Person("Caroline Steyne", "management", "Chief Executive", BRISK),
    Person("Dilys Prow", "management", "Executive Assistant", WARM),
    Person("Ingrid Solvane", "quality", "Head of Quality", FORMAL),
    Person("Peter Amsdell", "quality", "Quality Engineer", HASTY),
    Person("Yusuf Karadan", "quality", "Test Bench Lead", CASUAL),
    Person("Lena Fossgard", "quality", "Supplier Quality", WARM),
    Person("Dorian Vexley", "purchasing", "Head of Purchasing", BRISK),
    Person("Camille Orstead", "purchasing", "Senior Buyer", WARM),
    Person("Tomas Brandel", "purchasing", "Buyer, Castings", HASTY),
    Person("Helen Marchbank", "finance", "Finance Director", FORMAL),
    Person("Rupert Quillan", "finance", "Accounts Payable", HASTY),
    Person("Anika Desmarre", "finance", "Controller", WARM),
    Person("Gareth Pellow", "operations", "Plant Manager, Brackwater", BRISK),
    Person("Nadia Ferreux", "operations", "Production Planning", LIVELY),
    Person("Ole Strandby", "operations", "Maintenance Lead", CASUAL),
    Person("Victor Ashmere", "sales", "Sales Director", BRISK),
    Person("Bianca Tollemar", "sales", "Key Accounts", LIVELY),
    Person("Kenji Moriwade", "sales", "Application Engineer", FORMAL),
    Person("Luisa Cardenal", "sales", "Sales Office Vallegris", WARM),
    Person("Simone Hartwell", "legal", "General Counsel", FORMAL),
    Person("Edgar Flintoe", "legal", "Legal Officer", FORMAL),
    Person("Fiona Lathbury", "people", "Head of People", WARM),
    Person("Marcus Treen", "people", "Recruiting", LIVELY),
    Person("Priya Naldane", "it", "IT Service Desk", WARM),
    Person("Sven Okker", "it", "Infrastructure", CASUAL),
    Person("Bert Holloman", "facilities", "Facilities", HASTY),
    Person("Rosa Quintel", "facilities", "Reception", LIVELY),
    Person("Alasdair Munnoch", "engineering", "Design Engineer", CASUAL),
    Person("Wei Lanfen", "engineering", "Materials Engineer", FORMAL),
    Person("Jonas Eckholm", "engineering", "Product Manager Relief Valves", WARM),
)

OUTSIDERS: tuple[Person, ...] = (
    Person("Otto Krellmann", "foundry", "Works Manager", FORMAL, "brennick-castings.example"),
    Person("Sabine Rauchard", "foundry", "Order Desk", WARM, "brennick-castings.example"),
    Person("Miles Farrant", "adviser", "Partner", BRISK, "lowmere-advisory.example"),
    Person("Joan Pettigrave", "supplier", "Accounts", FORMAL, "tollerpym.example"),
    Person("Karl Ondaal", "supplier", "Customer Service", WARM, "ondal-seals.example"),
    Person("Denise Corwell", "supplier", "Account Manager", LIVELY, "marlowick.example"),
    Person("Henrik Tarn", "customer", "Plant Engineer", BRISK, "tarnholt.example"),
    Person("Olivia Brantwood", "customer", "Maintenance Planner", WARM, "bluewick.example"),
    Person("Rafael Estevane", "customer", "Procurement", FORMAL, "estrava-water.example"),
    Person("Mona Sundquist", "customer", "Operations", HASTY, "sundmark.example"),
    Person("Paula Wexley", "agency", "Recruitment Consultant", LIVELY, "brightpost.example"),
    Person("Derek Amblin", "freight", "Dispatch", HASTY, "kestrelline.example"),
    Person("Ana Beltrame", "freight", "Customs Desk", FORMAL, "kestrelline.example"),
    Person("Weekly Valve", "press", "Newsletter", FORMAL, "weekly-valve.example"),
    Person("Halverin Connect", "press", "Internal Communications", LIVELY),
)


def pick(random: Random, teams: tuple[str, ...], without: tuple[Person, ...] = ()) -> Person:
    """Pick one person of these teams (anybody of the staff when empty) who is not among `without`."""
    people = [person for person in STAFF + OUTSIDERS if person.team in teams] if teams else list(STAFF)
    left = [person for person in people if person not in without]
    if not left:
        left = [person for person in STAFF if person not in without]
    return left[int(random.random() * len(left))]
