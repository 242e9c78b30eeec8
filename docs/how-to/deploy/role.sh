#!/bin/sh
# Runs once, when the database's volume is empty: the product's role is no superuser and owns its one database.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\set password `sed 's|^[^:]*://[^:]*:\([^@]*\)@.*$|\1|' /run/secrets/database_url`
CREATE ROLE reviewapp LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE reviewapp OWNER reviewapp;
REVOKE ALL ON DATABASE reviewapp FROM PUBLIC;
SQL
