-- name: editions
-- Of each model the edition by which decisions go, and the newest that is told whole and not here whole yet.
select model_id, max(date) filter (where ready) as date, max(date) filter (where not ready) as waiting
from network_edition e
where not ready or exists (select from network_element n where n.model_id = e.model_id and n.until is null)
group by model_id order by model_id;
