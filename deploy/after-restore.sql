-- For every database of Rapport that is older than its Kafka; restore.sh runs it.
-- Whatever Kafka holds now is not the log that these positions and acknowledgements speak of: the events of the last 14
-- days before the backup are sent again, and those that were applied already are recognised.
DO $$
DECLARE service text;
BEGIN
    FOR service IN SELECT table_schema FROM information_schema.tables WHERE table_name = 'relay_state' LOOP
        EXECUTE format('UPDATE %I.relay_state SET incarnation = ''restored''', service);
        EXECUTE format('DELETE FROM %I.inbox_positions', service);
        EXECUTE format('INSERT INTO %1$I.outbox_pending (seq) SELECT seq FROM %1$I.outbox
            WHERE created_at >= (SELECT max(created_at) FROM %1$I.outbox) - interval ''14 days''
            ON CONFLICT DO NOTHING', service);
    END LOOP;
END
$$;
