-- name: count_streams
-- How many streams a review goes through: all but operators' requests, which have their answer and nothing to review.
select count(*) from stream where version > 0 and not starts_with(stream_id, 'operator/');

-- name: next_streams
-- The next streams by id, without locks: each is locked, and looked at again, when it is judged.
select stream_id, partition, version, parked_by from stream
where version > 0 and stream_id > $1 and not starts_with(stream_id, 'operator/') order by stream_id limit $2;

-- name: views_of_others
-- How many views other code wrote, or this code under other rules.
select count(*) from live where written_by <> $1 and not starts_with(stream_id, 'operator/');
