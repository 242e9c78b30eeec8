"""Static files under hashed names; our scripts that import each other find each other there."""

from whitenoise.storage import CompressedManifestStaticFilesStorage as Hashed


class Storage(Hashed):  # type: ignore[misc] # whitenoise has no types
    """Rewrites ``import … from "./x.js"`` to the hashed name too, in our own scripts only."""

    patterns = (*Hashed.patterns, ("js/*.js", Hashed._js_module_import_aggregation_patterns[1]))
