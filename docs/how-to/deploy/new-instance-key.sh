#!/bin/sh
# Puts a new instance key into the secrets and keeps the former ones: sh docs/how-to/deploy/new-instance-key.sh [folder]
# Then recreate the containers and run manage.py rotate_key: docs/how-to/keys.md. After an interruption run it again.
set -eu
folder=${1:-$(dirname "$0")/../../../secrets}
umask 0333
rm -f "$folder/.former" "$folder/.new"
{
	cat "$folder/instance_key"
	echo
	cat "$folder/instance_key_previous"
} >"$folder/.former"
od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$folder/.new"
mv -f "$folder/.former" "$folder/instance_key_previous"
mv -f "$folder/.new" "$folder/instance_key"
