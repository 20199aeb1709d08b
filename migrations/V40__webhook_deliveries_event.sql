-- runs outside a transaction
-- The deliveries of an event: what the retention of events asks, and what the foreign key looks up for each event that is deleted.
create index concurrently if not exists webhook_deliveries_event_idx
    on webhook_deliveries (organization_id, event_id);
