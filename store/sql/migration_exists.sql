select to_regclass('loadguard.migration') is not null;
