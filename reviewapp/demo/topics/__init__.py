"""All topics of the demo collection, those under review and those that are not."""

from reviewapp.demo.topics.business import BUSINESS
from reviewapp.demo.topics.foreign import FOREIGN_BUSINESS, FOREIGN_MATTER
from reviewapp.demo.topics.lookalike import LOOKALIKE
from reviewapp.demo.topics.matter import MATTER
from reviewapp.demo.topics.office import OFFICE
from reviewapp.demo.topics.topic import Topic

ORDINARY: tuple[Topic, ...] = BUSINESS + LOOKALIKE + OFFICE
RELEVANT: tuple[Topic, ...] = MATTER

__all__ = ["FOREIGN_BUSINESS", "FOREIGN_MATTER", "LOOKALIKE", "ORDINARY", "RELEVANT", "Topic"]
