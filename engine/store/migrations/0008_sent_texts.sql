-- The text with which an order left, where days or names had moved since its step.
create table sent_texts (
  id bigint primary key,
  order_id bigint not null,
  lease_epoch bigint not null,
  written_at bigint not null,
  body text not null,
  constraint one_text_a_lease unique (order_id, lease_epoch)
);
