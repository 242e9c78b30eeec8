"""How dates are written in Spanish; ``TIME_FORMAT`` is to the second."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i:s"
