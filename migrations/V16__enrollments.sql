-- A link is spent once its form has been submitted. The row stays until its profile is erased: it says when that was.
alter table enrollments
    add column used_at timestamptz,
    add constraint enrollments_used_at_check check (used_at < expires_at);
