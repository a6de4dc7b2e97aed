-- Since when what is said of outages' complaints is brought to them: what was told before, and is past, was promised to nobody.
-- depends: 0022_old_words

-- migrate: apply

alter table complaint_reading add column began_at timestamptz;
comment on column complaint_reading.began_at is 'When that began; null: before this column was there';

-- migrate: rollback

alter table complaint_reading drop column began_at;
