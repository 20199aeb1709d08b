-- What a release has to know to run on this schema: the newest of these versions must be among its migrations. A migration that takes
-- away what earlier releases use inserts its own version; one that only adds inserts nothing, so that the release before may go on
-- running on the new schema, and start on it.
create table schema_requirement (
    version integer not null
);

insert into schema_requirement values (26);
