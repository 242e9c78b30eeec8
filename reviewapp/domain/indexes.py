"""Classification indexes: whether this instance can go on with one."""

from models_lib import sealing
from reviewapp.errors import OtherInstance
from reviewapp.models import ClassificationIndex

FOREIGN = (
    "This index was made by another instance, under another token key, so words cannot be told in it here. "
    "Populate it anew."
)


def is_ours(index: ClassificationIndex) -> bool:
    """Whether its words were turned into codes by this instance's token key."""
    return index.token_key in ("", sealing.token_key_id())


def require_ours(index: ClassificationIndex | None) -> None:
    """Raise :class:`OtherInstance` for an index whose codes mean nothing here, as does what was trained on it."""
    if index is not None and not is_ours(index):
        raise OtherInstance(FOREIGN)
