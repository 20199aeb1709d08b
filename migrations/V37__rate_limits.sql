-- The rate limits of an organization and of a key, as `500/s burst 1000`; null: none. One text and not three numbers: the service reads the limit
-- as a whole and never compares its parts here. No default and `not valid`: no row is rewritten or scanned, and each of them satisfies the
-- constraints.
alter table organizations add column read_limit text;
alter table organizations add column write_limit text;
alter table organizations add constraint organizations_read_limit_check
    check (read_limit ~ '^[1-9][0-9]*/[smh] burst [1-9][0-9]*$') not valid;
alter table organizations add constraint organizations_write_limit_check
    check (write_limit ~ '^[1-9][0-9]*/[smh] burst [1-9][0-9]*$') not valid;
alter table api_keys add column read_limit text;
alter table api_keys add column write_limit text;
alter table api_keys add constraint api_keys_read_limit_check
    check (read_limit ~ '^[1-9][0-9]*/[smh] burst [1-9][0-9]*$') not valid;
alter table api_keys add constraint api_keys_write_limit_check
    check (write_limit ~ '^[1-9][0-9]*/[smh] burst [1-9][0-9]*$') not valid;
