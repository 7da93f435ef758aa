module github.com/deskwright/deskwright

go 1.26.0

require (
	github.com/benbjohnson/clock v1.3.5
	github.com/google/go-cmp v0.7.0
	github.com/google/uuid v1.6.0
	golang.org/x/sync v0.24.0
	pgregory.net/rapid v1.3.0
)
