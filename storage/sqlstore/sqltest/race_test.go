//go:build race

package sqltest_test

func init() { raced = true }
