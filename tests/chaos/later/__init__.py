"""A release to come, as an app with one migration: it changes a table that every submit uses."""
