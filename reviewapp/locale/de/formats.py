"""How dates are written in German; ``TIME_FORMAT`` is to the second."""

DATE_FORMAT = "j. N Y"
DATETIME_FORMAT = "j. N Y, H:i"
TIME_FORMAT = "H:i:s"
