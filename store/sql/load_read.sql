select l.id, l.feed, l.state, l.as_of, l.scheduled_for, l.created_at, l.started_at, l.staged_at, l.judged_at,
       l.published_at, l.finished_at, coalesce(l.baseline_load, 0), coalesce(l.live_load, 0), coalesce(l.epoch, 0),
       l.rows, l.fingerprint, l.verdict, l.releasable, l.marked_bad, l.marked_reason, l.completeness, l.correction,
       l.source, l.rules_digest, l.evidence_digest, l.summary, l.error, l.stderr_tail, l.host, coalesce(l.pid, 0)
  from loadguard.load l
 where l.id = $1;
