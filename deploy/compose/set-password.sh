#!/bin/sh
# Gives the service's role the password of UPROF_DATABASE_PASSWORD: when the volume is first filled, and whenever it is run again.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\getenv password UPROF_DATABASE_PASSWORD
alter role uprof_service password :'password';
SQL
