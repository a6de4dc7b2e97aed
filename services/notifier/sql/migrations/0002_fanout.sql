-- Who of the registry hears of which outage: jobs of chunks, and both sides of the match.
-- depends: 0001_notifier

-- migrate: apply

create table fanout_job (
  mrid text primary key,
  version int not null,
  due json not null,
  chunks int not null default 0,
  cursor text not null default '',
  done boolean not null default false,
  narrowed text check (narrowed in ('step', 'correction')),
  said int not null default 0
);
create index fanout_job_open on fanout_job (chunks, mrid) where not done;
comment on table fanout_job is
  'Per outage the newest truth to tell, and how far the registry has been gone through with it; said: newest word''s number';

create table audience_member (
  mrid text not null,
  customer_id text not null,
  truth_version int not null,
  touched boolean not null,
  primary key (mrid, customer_id)
);
create index audience_member_customer on audience_member (customer_id);
comment on table audience_member is 'Whom each outage has told, of which version of its truth, and whether it still holds them';

create table outage_match (
  kind text not null,
  value text not null,
  mrid text not null,
  primary key (kind, value, mrid)
);
create index outage_match_mrid on outage_match (mrid);
comment on table outage_match is 'Where every outage lies that is not over: normalised names, as in customer_match';

create table rematch (
  customer_id text primary key,
  version bigint not null,
  forget boolean not null,
  kinds text[] not null,
  places text[] not null
);
comment on table rematch is 'Customers whose places changed: kinds and places, old and new, side by side; forget: erased meanwhile';

-- The version before kept the audience in the state of the outage. Who was told then must hear of the end, too.
insert into audience_member (mrid, customer_id, truth_version, touched)
select l.view ->> 'mRID', told.customer_id, (l.view ->> 'version')::int, told.touched::boolean
from live l cross join lateral jsonb_each_text(l.view -> 'audience') as told(customer_id, touched)
where l.stream_id like 'outage/%' and jsonb_typeof(l.view -> 'audience') = 'object';

-- Outages that are not over are gone through once more: customers registered since were never told.
insert into fanout_job (mrid, version, due, done, said)
select l.view ->> 'mRID', (l.view ->> 'version')::int,
  json_build_object(
    'mRID', l.view -> 'mRID', 'outageVersion', l.view -> 'version', 'truth', l.view -> 'truth',
    'trigger', 'audience.matched.v1'
  ),
  l.view -> 'truth' ->> 'status' in ('restored', 'withdrawn'), (l.view ->> 'version')::int
from live l
where l.stream_id like 'outage/%' and (l.view ->> 'version')::int > 0 and jsonb_typeof(l.view -> 'truth') = 'object';

-- As audience.plain, but for letters whose casefold is not their lower case (ß); the next word of the outage mends them.
insert into outage_match (kind, value, mrid)
select distinct k.kind, p.plain, l.view ->> 'mRID'
from live l
cross join lateral (
  values ('line', 'lines'), ('area', 'areas'), ('transformer', 'transformers'), ('usagePoint', 'usagePoints')
) as k(kind, field)
cross join lateral jsonb_array_elements_text(coalesce(l.view -> 'truth' -> 'extent' -> k.field, '[]'::jsonb)) as n(name)
cross join lateral (
  select regexp_replace(normalize(lower(normalize(n.name, nfkc)), nfkc), '[[:space:]]', '', 'g')
) as p(plain)
where l.stream_id like 'outage/%' and (l.view ->> 'version')::int > 0 and p.plain <> ''
  and l.view -> 'truth' ->> 'status' not in ('restored', 'withdrawn');

update live set view = view - 'audience' where stream_id like 'outage/%';

-- migrate: rollback

drop table rematch, outage_match, audience_member, fanout_job;
