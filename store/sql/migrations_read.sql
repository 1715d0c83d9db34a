select version, name, checksum from loadguard.migration order by version;
