package central

// signalSchema is of what is short-lived between laptops: any server of a
// centre finds it. Times are milliseconds since 1970.
func signalSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS signals (id TEXT PRIMARY KEY, to_device TEXT NOT NULL, from_device TEXT NOT NULL,
			body BYTEA NOT NULL, sent BIGINT NOT NULL, expires BIGINT NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS signals_to ON signals (to_device, sent)`,
		`CREATE TABLE IF NOT EXISTS listeners (device TEXT PRIMARY KEY, expires BIGINT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS relays (session TEXT PRIMARY KEY, server TEXT NOT NULL, address TEXT NOT NULL, expires BIGINT NOT NULL)`,
	}
}
