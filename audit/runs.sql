-- What one request did is one run: neighbours in the order of the page with the same request, or without one the same
-- instant. Of each kind in a run its number and its newest entries.
-- run, in reading direction from 1; kind_count; first_at, first_id, last_at, last_id: the run's ends in that direction;
-- seen: how many entries were looked at; the last of as many as may be only tells that there are more.
WITH near AS (
  SELECT e.id, e.created_at, e.action, e.resource_type,
         (coalesce(nullif(e.request_id, ''), e.created_at::text), e.user_id, e.actor_kind) AS origin
    FROM audit_logs e
   WHERE {wanted}
     AND (e.user_id = %(reader)s OR e.about_id = %(reader)s OR e.book_id = ANY ((SELECT app_books('read'))::uuid[])) IS TRUE
     AND {before}
   ORDER BY e.created_at {way}, e.id {way}
   LIMIT %(rows)s
), parted AS (
  SELECT near.*, origin IS DISTINCT FROM lag(origin) OVER (ORDER BY created_at {way}, id {way}) AS is_first
    FROM near
), numbered AS (
  SELECT parted.*, count(*) FILTER (WHERE is_first) OVER (ORDER BY created_at {way}, id {way} ROWS UNBOUNDED PRECEDING) AS run,
         row_number() OVER (ORDER BY created_at {way}, id {way}) AS place, count(*) OVER () AS seen
    FROM parted
), ranked AS (
  SELECT numbered.*,
         count(*) OVER kind AS kind_count,
         row_number() OVER (PARTITION BY run, action, resource_type ORDER BY created_at DESC, id DESC) AS rank,
         first_value(created_at) OVER ends AS first_at, first_value(id) OVER ends AS first_id,
         last_value(created_at) OVER ends AS last_at, last_value(id) OVER ends AS last_id
    FROM numbered
   WHERE place < %(rows)s
  WINDOW kind AS (PARTITION BY run, action, resource_type),
         ends AS (PARTITION BY run ORDER BY created_at {way}, id {way} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
SELECT {columns}, ranked.run, ranked.kind_count, ranked.seen,
       ranked.first_at, ranked.first_id, ranked.last_at, ranked.last_id
  FROM ranked JOIN audit_logs e ON e.id = ranked.id AND e.created_at = ranked.created_at
 WHERE {wanted} AND ranked.run <= %(runs)s AND ranked.rank <= %(shown)s
 ORDER BY ranked.run, e.created_at DESC, e.id DESC
