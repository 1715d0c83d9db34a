select loadguard.load_identity($1)
