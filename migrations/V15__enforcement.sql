-- Who placed a limit and who lifted it, with what they noted. Only those who administer limits see it.
alter table enforcement_actions
    add column opened_by text,
    add column note text,
    add column resolved_by text,
    add column resolution_note text;

-- For limits from before this was asked for.
update enforcement_actions
   set opened_by = 'unknown',
       resolved_by = case when resolved_at is not null then 'unknown' end;

alter table enforcement_actions
    alter column opened_by set not null,
    add constraint enforcement_actions_opened_by_check check (char_length(opened_by) between 1 and 255),
    add constraint enforcement_actions_note_check check (char_length(note) between 1 and 512),
    add constraint enforcement_actions_resolved_by_check
        check ((resolved_by is null) = (resolved_at is null) and char_length(resolved_by) between 1 and 255),
    add constraint enforcement_actions_resolution_note_check
        check (resolution_note is null or (resolved_at is not null and char_length(resolution_note) between 1 and 512));

-- Profiles with an open action, in the order of profiles: what a list by enforcement status walks instead of all profiles.
create index enforcement_actions_open_idx on enforcement_actions (organization_id, profile_id) where resolved_at is null;

-- What ends, for whoever writes that it has, in all organizations.
create index enforcement_actions_expires_at_idx on enforcement_actions (expires_at) where resolved_at is null and expires_at is not null;
