#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, once: sh docs/how-to/deploy/make-secrets.sh [folder]
set -eu
folder=${1:-$(dirname "$0")/../../../secrets}
if [ -e "$folder" ]; then
	echo "$folder is there already. Its secrets open the database and the models, so nothing was changed." >&2
	exit 1
fi
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
# Compose mounts the files as they are, and containers read them as users of their own: hence 0444 behind a shut door.
umask 0333
mkdir -m 0700 "$folder"
database=$(random)
broker=$(random)
random >"$folder/postgres_password"
printf %s "postgresql://reviewapp:$database@postgres:5432/reviewapp" >"$folder/database_url"
printf %s "redis://:$broker@redis:6379/0" >"$folder/redis_url"
printf '%s\n' "requirepass $broker" >"$folder/redis_conf"
random >"$folder/secret_key"
random >"$folder/token_key"
random >"$folder/instance_key"
: >"$folder/instance_key_previous"
random >"$folder/metrics_token"
: >"$folder/oidc_client_secret"
: >"$folder/email_url"
