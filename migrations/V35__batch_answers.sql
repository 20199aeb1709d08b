-- The answers to batches under an idempotency key, beside the records of their keys: such an answer shows many profiles, and must not outlive the
-- erasure of any of them. The record of the key, whose own answer is null, outlives the erasure, so that a late retry does not create the others
-- again. Tables of their own: no other request reads or writes them, or pays for their indexes.
create table batch_answers (
    organization_id uuid not null,
    key text collate "C" not null,
    created_at timestamptz not null,
    -- As it was sent: at most as large as a batch may be, and 1 KiB more for each of its requests. Null once a profile that it shows was erased.
    answer bytea,
    constraint batch_answers_pkey primary key (organization_id, key)
);

-- For the sweep of those that are too old, over all organizations.
create index batch_answers_created_at_idx on batch_answers (created_at);

-- The profiles that an answer shows. Rows, not an array: the planner may read and decompress every array of an organization to find a profile.
create table batch_answer_profiles (
    organization_id uuid not null,
    key text collate "C" not null,
    profile_id uuid not null,
    constraint batch_answer_profiles_pkey primary key (organization_id, key, profile_id),
    constraint batch_answer_profiles_batch_answers_fkey foreign key (organization_id, key)
        references batch_answers (organization_id, key) on delete cascade
);

-- For erasure.
create index batch_answer_profiles_profile_idx on batch_answer_profiles (organization_id, profile_id);
