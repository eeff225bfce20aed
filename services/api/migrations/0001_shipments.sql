-- Milliseconds, as JavaScript has them: a page's cursor holds created_at and must find the same row again.
create table shipments (
  id uuid primary key default gen_random_uuid(),
  container text not null check (container ~ '^[A-Z]{3}[UJZ][0-9]{7}$'),
  origin text not null check (origin ~ '^[A-Z]{2}[A-Z2-9]{3}$'),
  destination text not null check (destination ~ '^[A-Z]{2}[A-Z2-9]{3}$'),
  weight_kg integer not null check (weight_kg between 1 and 36000),
  created_at timestamptz(3) not null default clock_timestamp()
);

-- The order of the list, newest first; the id settles rows of the same millisecond.
create index shipments_newest_first on shipments (created_at desc, id desc);
