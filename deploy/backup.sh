#!/usr/bin/env bash
# Back up a running Rapport: deploy/backup.sh FILE
# All schemas at one instant, in PostgreSQL's custom format. Nothing has to be stopped.
# With RAPPORT_ADMIN_URL it backs up that database with the pg_dump of this machine, else the one of Compose.
set -euo pipefail
umask 077 # it holds the key that statements are signed with

file=${1:?"where to: deploy/backup.sh FILE"}
here=$(cd "$(dirname "$0")" && pwd)

dump() {
    if [ -n "${RAPPORT_ADMIN_URL:-}" ]; then
        pg_dump --format=custom --dbname="$RAPPORT_ADMIN_URL"
    else
        # The password stays in the container, which has it in its environment.
        # shellcheck disable=SC2016
        docker compose -f "$here/docker-compose.yml" exec -T postgres sh -c \
            'PGPASSWORD=$POSTGRES_PASSWORD exec pg_dump --format=custom --host=127.0.0.1 --username=postgres rapport'
    fi
}

dump > "$file.part"
mv "$file.part" "$file"
echo "Written: $file ($(wc -c < "$file") bytes)"
