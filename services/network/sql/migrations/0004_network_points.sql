-- Where elements are, by the words that are here already.
-- depends: 0003_network_import

-- migrate: apply

-- Longitude and latitude of an element as it was said; null where it does not say.
create function network_point(element bytea) returns point language sql immutable parallel safe
return point(
  (convert_from(element, 'UTF8')::json #>> '{position,longitude}')::double precision,
  (convert_from(element, 'UTF8')::json #>> '{position,latitude}')::double precision
);
create index network_element_at on network_element using gist (network_point(element))
  where until is null and kind in ('usagePoint', 'transformer');

-- migrate: rollback

drop index network_element_at;
drop function network_point(bytea);
