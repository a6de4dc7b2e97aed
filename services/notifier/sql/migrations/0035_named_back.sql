-- Where dispatch names that power is back counts before what feeds it, also where no network model has the place.
-- depends: 0034_tokens

-- migrate: apply

comment on column outage_match.by_model is 'By the network model, or back; the others are named as off';
comment on column outage_match.back is 'Power is back there by a step, which named it or what feeds it, though the outage names what feeds it';

create function is_in_model(what text, form text) returns boolean language sql stable as $$
  select exists (
    select from network_name n
    where n.form = $2 and n.words = case $1
      when 'usagePoint' then 'usage_points' when 'transformer' then 'transformers' when 'line' then 'lines' else 'areas' end
  )
$$;
comment on function is_in_model is 'Whether the network model has a name of a kind, in its normal form';

create function lacks_word(outage text, who text, what text) returns boolean language sql stable as $$
  select exists (
    select from customer_match m
    where m.customer_id = who and m.kind = what
      and not exists (select from outage_match o where o.kind = m.kind and o.value = m.value and o.mrid || '' = outage)
      and not is_in_model(m.kind, m.value)
  )
$$;
comment on function lacks_word is
  'Whether a customer has a place of a kind of which neither an outage nor the network model says how it stands: that of two points one is back says nothing of the other';

create or replace function back_nearer(mrid text, customer_id text, kind text) returns boolean
language sql stable
return not exists (select from customer_supply s where s.customer_id = $2) and exists (
  select from unnest(array['area', 'line', 'transformer', 'usagePoint']) with ordinality as near(kind, place)
  where near.place > array_position(array['area', 'line', 'transformer', 'usagePoint'], $3)
    and exists (
      select from customer_match s join outage_match b on b.kind = s.kind and b.value = s.value
      where b.mrid = $1 and b.back and s.customer_id = $2 and s.kind = near.kind
    )
    and not lacks_word($1, $2, near.kind)
);

-- migrate: rollback

create or replace function back_nearer(mrid text, customer_id text, kind text) returns boolean
language sql stable
return not exists (select from customer_supply s where s.customer_id = $2) and exists (
  select from customer_match s join outage_match b on b.kind = s.kind and b.value = s.value
  where b.mrid = $1 and b.back and s.customer_id = $2
    and array_position(array['area', 'line', 'transformer', 'usagePoint'], s.kind)
      > array_position(array['area', 'line', 'transformer', 'usagePoint'], $3)
);
drop function lacks_word(text, text, text);
drop function is_in_model(text, text);
comment on column outage_match.back is 'Power is back there by a step, though the outage names what feeds it';
comment on column outage_match.by_model is 'By the network model; the others are named';
