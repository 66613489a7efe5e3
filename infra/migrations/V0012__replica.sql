-- What a read on a streaming replica asks ahead of its work.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

-- Answers how far this server is behind, in milliseconds, and raises where it should not be read
-- from. A replica that is connected and has replayed all it received misses nothing it knows of;
-- else it is as old as the last commit it replayed. That is too much where the primary was idle, and
-- never too little, unless the primary fell silent within wal_receiver_timeout.
CREATE FUNCTION app.check_replica(at_least pg_lsn, lag_ms_max bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  replayed pg_lsn := pg_last_wal_replay_lsn();
  lag_ms bigint;
BEGIN
  IF replayed IS NULL OR NOT pg_is_in_recovery() THEN
    RAISE EXCEPTION 'this server is not a replica' USING ERRCODE = 'TN021';
  END IF;
  IF pg_last_wal_receive_lsn() <= replayed AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN
    lag_ms := 0;
  ELSE
    lag_ms := greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000);
  END IF;
  IF lag_ms IS NULL OR lag_ms > lag_ms_max THEN
    RAISE EXCEPTION 'the replica is % ms behind', coalesce(lag_ms::text, 'an unknown number of')
      USING ERRCODE = 'TN022';
  END IF;
  -- The work's snapshots are taken after this, so they hold whatever had been replayed now.
  IF replayed < at_least THEN
    RAISE EXCEPTION 'the replica has not come so far' USING ERRCODE = 'TN020';
  END IF;
  RETURN lag_ms;
END $$;
COMMENT ON FUNCTION app.check_replica(pg_lsn, bigint) IS
  'answers the lag in ms; raises TN020 short of the position, TN021 no replica, TN022 too far behind';

GRANT EXECUTE ON FUNCTION app.check_replica(pg_lsn, bigint) TO
  svc_auth, svc_billing, svc_projects, svc_reports;

RESET ROLE;
