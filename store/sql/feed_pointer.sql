-- A feed that is new has a pointer to nothing.
insert into loadguard.live (feed) values ($1) on conflict do nothing
