module github.com/deskwright/deskwright/examples

go 1.26.0

require (
	github.com/deskwright/deskwright v0.0.0
	github.com/google/go-cmp v0.7.0
	github.com/google/uuid v1.6.0
)

require golang.org/x/sync v0.24.0 // indirect

replace github.com/deskwright/deskwright => ../
