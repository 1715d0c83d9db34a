-- Whoever moves a feed's pointer, or detaches a load because it does not point there, goes one by
-- one. Readers do not notice.
select coalesce(load_id, 0), epoch from loadguard.live where feed = $1 for no key update
