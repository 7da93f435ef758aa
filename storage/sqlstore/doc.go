// Package sqlstore keeps an inbox in a database that the host opens and closes.
package sqlstore
