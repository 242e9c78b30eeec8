"""Named entities: spans of a text with a label, found by a linear-chain conditional random field."""
