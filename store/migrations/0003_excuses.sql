-- What an approval says about the history, so that it holds as long as the approval and the load do.
alter table loadguard.approval
    add column measures text[] not null default '{}',
    add column new_normal boolean not null default false;
comment on column loadguard.approval.measures is 'what the load was held or blocked for';
comment on column loadguard.approval.new_normal is
    'the history of these measures starts afresh with the load; otherwise it is an exception that does not train';
