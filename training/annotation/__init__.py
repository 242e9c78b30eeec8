"""From annotated tasks and a labeling config to the models that it calls for, and from models to predictions.

Nothing here knows tables: tasks come in as :mod:`reviewapp.formats` reads them, models leave as bytes.
"""
