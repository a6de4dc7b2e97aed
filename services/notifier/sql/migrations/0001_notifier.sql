-- The notifier's own tables: registry as matched against, vault of phone numbers, texts and their attempts.
-- depends:

-- migrate: apply

create table customer (
  customer_id text primary key,
  profile json not null,
  updated_at timestamptz not null
);
comment on table customer is 'Key customers as their streams last took them from the registry; no phone numbers';

create table customer_match (
  kind text not null check (kind in ('usagePoint', 'line', 'transformer', 'area')),
  value text not null,
  customer_id text not null references customer on delete cascade,
  primary key (kind, value, customer_id)
);
create index customer_match_customer on customer_match (customer_id);
comment on table customer_match is 'Where customers take their power: normalised names (audience.plain) that extents are matched against';

create table customer_key (
  customer_id text primary key,
  wrapped_key bytea not null,
  made_at timestamptz not null
);
comment on table customer_key is 'One data key per customer, wrapped by the master key; without it the numbers are noise';

create table contact_vault (
  contact_id text primary key,
  customer_id text not null references customer_key on delete cascade,
  sealed bytea not null,
  blind_index text not null,
  put_at timestamptz not null
);
create index contact_vault_blind_index on contact_vault (blind_index);
create index contact_vault_customer on contact_vault (customer_id);
comment on table contact_vault is 'Phone numbers, sealed under their customer''s key; found by number only through a keyed blind index';

create table notification (
  message_id text primary key,
  customer_id text not null,
  contact_id text not null,
  mrids text[] not null,
  trigger text not null,
  lane text not null check (lane in ('critical', 'key', 'notice', 'bulk')),
  lane_rank smallint not null,
  body text not null,
  ref text not null,
  not_before timestamptz not null,
  due_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null check (
    state in (
      'ready', 'sending', 'unknown', 'accepted', 'sent', 'delivered', 'undelivered', 'refused', 'expired', 'suppressed'
    )
  ),
  unwanted text check (unwanted in ('suppressed', 'expired')),
  attempts int not null default 0,
  lease_until timestamptz,
  retry_after timestamptz,
  asked_at timestamptz,
  provider text,
  provider_sid text unique,
  stream_version bigint not null,
  requested_at timestamptz not null,
  closed_at timestamptz
);
create index notification_claim on notification (lane_rank, not_before, message_id) where state = 'ready';
create index notification_expiry on notification (expires_at) where state = 'ready';
create index notification_lease on notification (lease_until) where state = 'sending';
create index notification_unknown on notification (lane_rank) where state = 'unknown';
create index notification_with_provider on notification (message_id) where state in ('accepted', 'sent');
create index notification_contact on notification (contact_id);
create index notification_customer on notification (customer_id, requested_at);
comment on table notification is 'Texts as the sender works on them, one row per intent; states and moves: services/notifier/states.py';

-- A text that was withdrawn while an attempt was out keeps waiting for that attempt's verdict. If nothing was created it
-- must not be sent again, whoever frees it: so the table itself sees to it.
create function unwanted_is_never_ready() returns trigger language plpgsql as $$
begin
  new.state := new.unwanted;
  new.lease_until := null;
  return new;
end
$$;
create trigger unwanted_is_never_ready before update on notification
  for each row when (new.state = 'ready' and new.unwanted is not null)
  execute function unwanted_is_never_ready();

create table attempt (
  message_id text not null references notification,
  n int not null check (n >= 1),
  provider text not null,
  owner bigint not null,
  started_at timestamptz not null,
  deadline timestamptz not null,
  outcome text not null,
  http_status int,
  provider_code int,
  provider_sid text unique,
  closed_at timestamptz,
  primary key (message_id, n)
);
create index attempt_silent on attempt (closed_at) where outcome = 'accepted';
comment on table attempt is 'At most one POST each; owner is the advisory lock of the process that may post it; wall-clock times';

-- migrate: rollback

drop table attempt, notification, contact_vault, customer_key, customer_match, customer;
drop function unwanted_is_never_ready;
