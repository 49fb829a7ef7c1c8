-- What is known of the numbers, accounts and addresses of people: who gave one, how it
-- stands, when somebody is reached there best. What is used stands on the person; what a
-- row here says is wrong is used for nobody.
create table contact_points (
  id bigint primary key,
  party_id bigint not null references parties (id),
  kind text not null constraint point_kind_is_known
    check (kind in ('phone', 'wechat', 'address')),
  value text not null constraint point_has_a_value check (value <> ''),
  state text not null constraint point_state_is_known
    check (state in ('given', 'confirmed', 'wrong', 'refused', 'moved')),
  -- since when it stands so, and who said so
  state_on text not null,
  state_at bigint not null,
  state_by text not null,
  given_by text not null default '',
  given_on text,
  best_hours text,
  constraint point_is_known_once unique (party_id, kind, value),
  constraint state_fits_the_kind check (
    case state
      when 'wrong' then kind = 'phone'
      when 'moved' then kind = 'address'
      when 'refused' then kind <> 'address'
      else 0 < 1
    end)
);
create index contact_points_by_value on contact_points (kind, value);

-- By what staff look for a person: the initials of the name, and the digits of the
-- number from its end. Those of before are filled in by the daemon.
alter table parties add column initials text;
alter table parties add column phone_end text;
create index parties_by_name on parties (name, id);
create index parties_by_initials on parties (initials, id) where initials is not null;
create index parties_by_phone_end on parties (phone_end, id) where phone_end is not null;
insert into meta (key, value)
select 'people_can_be_searched', 'new' where not exists (select 1 from parties);
