"""What can be refused, as one tree. The edges decide how a refusal looks; the rest only raises.

ReviewError
├── NotFound            404  not there, or not for this person's eyes
├── Refused             403  visible, but this person may not do it
├── Conflict            409  the world moved on since the person looked
├── Invalid             422  the input says something that cannot be done (field errors in ``fields``)
│   ├── TooLarge        413  more than the stated limit
│   └── WrongPassphrase 422  an archive that this passphrase does not open
├── NotEnoughTraining   409  fewer examples than a model needs
├── OtherInstance       409  sealed by another instance, whose key is not here
├── Damaged             422  a sealed file that is not what was sealed
│   └── ArchiveDamaged  422  an archive that is not what was written
├── TooManyTries        429  more tries or requests than are let in; ``wait`` says for how long
├── Unavailable         503  a part that is needed does not answer
└── OutOfSpace          507  the disk is below the floor that keeps the database safe
"""

from collections.abc import Mapping, Sequence


class ReviewError(Exception):
    """A refusal that a person can read: what is wrong, where, and what to do."""

    status = 400
    code = "error"

    def __init__(self, message: str, *, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}


class NotFound(ReviewError):
    status = 404
    code = "not_found"


class Refused(ReviewError):
    status = 403
    code = "refused"


class Conflict(ReviewError):
    status = 409
    code = "conflict"


class Invalid(ReviewError):
    status = 422
    code = "invalid"


class TooLarge(Invalid):
    status = 413
    code = "too_large"


class WrongPassphrase(Invalid):
    code = "wrong_passphrase"


class NotEnoughTraining(ReviewError):
    status = 409
    code = "not_enough_training"


class OtherInstance(ReviewError):
    status = 409
    code = "model_other_instance"


class Damaged(ReviewError):
    status = 422
    code = "model_damaged"


class ArchiveDamaged(Damaged):
    code = "archive_damaged"


class TooManyTries(ReviewError):
    """``wait`` is in seconds."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class Unavailable(ReviewError):
    status = 503
    code = "unavailable"


class OutOfSpace(ReviewError):
    status = 507
    code = "out_of_space"
