#!/usr/bin/env bash
# Put a backup in the place of a Rapport's database: deploy/restore.sh FILE
# With RAPPORT_ADMIN_URL it restores to that database, with the pg_restore, psql and `rapport` of this machine; stop the
# services and empty Kafka first. Else it does all that with Compose: what happened since the backup is gone.
set -euo pipefail

file=${1:?"what from: deploy/restore.sh FILE"}
here=$(cd "$(dirname "$0")" && pwd)
test -s "$file" || { echo "$file is empty or not there" >&2; exit 1; }

compose() { docker compose -f "$here/docker-compose.yml" "$@"; }

# As an administrator, in the database that is named.
postgres() { # database program argument...
    local database=$1 program=$2
    shift 2
    if [ -n "${RAPPORT_ADMIN_URL:-}" ]; then
        "$program" --dbname="${RAPPORT_ADMIN_URL%/*}/$database" "$@"
    else
        # shellcheck disable=SC2016
        compose exec -T postgres sh -c 'PGPASSWORD=$POSTGRES_PASSWORD exec "$@"' sh \
            "$program" --host=127.0.0.1 --username=postgres --dbname="$database" "$@"
    fi
}

# Roles are no part of a dump: they are made, with their passwords, before it; afterwards the schemas are upgraded.
migrate() {
    if [ -n "${RAPPORT_ADMIN_URL:-}" ]; then rapport migrate; else compose run --rm -T migrate; fi
}

if [ -z "${RAPPORT_ADMIN_URL:-}" ]; then
    compose down
    # Its log holds events of changes that the backup does not know: the outboxes fill a new one.
    docker volume rm --force "$(compose config --format json | python3 -c 'import json, sys
print(json.load(sys.stdin)["volumes"]["kafka"]["name"])')" > /dev/null
    compose up --detach --wait postgres
fi

database=$(basename "${RAPPORT_ADMIN_URL:-/rapport}")
migrate
postgres postgres pg_restore --clean --if-exists --create --exit-on-error < "$file"

postgres "$database" psql --quiet --set=ON_ERROR_STOP=1 < "$here/after-restore.sql"
migrate

if [ -z "${RAPPORT_ADMIN_URL:-}" ]; then compose up --detach --wait; fi
echo "Restored: $file"
