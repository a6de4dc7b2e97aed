-- Numbers and erasures as the registry has them.
-- depends: 0003_brake

-- migrate: apply

create table registry (
  customer_id text primary key,
  profile jsonb,
  contacts jsonb not null,
  updated_at timestamptz not null,
  reason text
);
comment on table registry is
  'The last word on each key customer for outage.customers; no profile: erased, for the reason given';

create table registry_untold (customer_id text primary key);
comment on table registry_untold is 'Customers whose last word Kafka has not acknowledged; the next command tells it';

-- One person may answer for two customers: forgetting the one must not silence the other.
alter table contact_vault drop constraint contact_vault_pkey, add primary key (contact_id, customer_id);

create index notification_mrids on notification using gin (mrids);
comment on index notification_mrids is 'All texts about one outage: show, evidence';

-- migrate: rollback

delete from contact_vault v using contact_vault w where v.contact_id = w.contact_id and v.customer_id > w.customer_id;
alter table contact_vault drop constraint contact_vault_pkey, add primary key (contact_id);
drop table registry_untold, registry;

drop index notification_mrids;
