#!/bin/sh
# Gives the service's role the password of UPROF_DATABASE_PASSWORD: when the volume is first filled, and whenever it is run again.
set -eu
administrator=$POSTGRES_USER
# In volumes of earlier releases the owner of the schema is the superuser.
psql --no-psqlrc --quiet --username="$administrator" --dbname="$POSTGRES_DB" --command= >/dev/null 2>&1 || administrator=uprof
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$administrator" --dbname="$POSTGRES_DB" <<'SQL'
\getenv password UPROF_DATABASE_PASSWORD
alter role uprof_service password :'password';
SQL
