#!/bin/sh
# When the volume is first filled: the role `uprof`, which owns the database and is no superuser, and the role of the service.
set -eu
# This script runs as the superuser, over the socket in the container. The password of POSTGRES_PASSWORD becomes that of the owner, and
# the superuser gets none: nobody can be it over the network.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\getenv password POSTGRES_PASSWORD
create role uprof login password :'password';
create role uprof_service login;
select format('alter database %I owner to uprof', current_database()) \gexec
alter role current_user password null;
SQL
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=uprof --dbname="$POSTGRES_DB" --file=/etc/uprof/roles.sql
/etc/uprof/set-password.sh
